package io.llmd.simulator.config;

import java.util.function.UnaryOperator;

/** Builds {@link AnswerSettings}; what is not set keeps its default. Not thread-safe. */
public final class AnswerSettingsBuilder {
    private boolean forceIncludeUsage;
    private boolean tokensAsIds;
    private int maxLogprobs = 20;
    private int streamInterval = 1;
    private boolean trustMediaOptions;
    private boolean autoToolChoice = true;
    private boolean reasoning;
    private OutputMode mode = OutputMode.RANDOM;
    private ToolCallSettings toolCalls = ToolCallSettings.DEFAULTS;

    AnswerSettingsBuilder() {}

    /** Sets {@link AnswerSettings#forceIncludeUsage()}. */
    public AnswerSettingsBuilder forceIncludeUsage(boolean value) {
        forceIncludeUsage = value;
        return this;
    }

    /** Sets {@link AnswerSettings#tokensAsIds()}. */
    public AnswerSettingsBuilder tokensAsIds(boolean value) {
        tokensAsIds = value;
        return this;
    }

    /** Sets {@link AnswerSettings#maxLogprobs()}. */
    public AnswerSettingsBuilder maxLogprobs(int value) {
        maxLogprobs = value;
        return this;
    }

    /** Sets {@link AnswerSettings#streamInterval()}. */
    public AnswerSettingsBuilder streamInterval(int value) {
        streamInterval = value;
        return this;
    }

    /** Sets {@link AnswerSettings#trustMediaOptions()}. */
    public AnswerSettingsBuilder trustMediaOptions(boolean value) {
        trustMediaOptions = value;
        return this;
    }

    /** Sets {@link AnswerSettings#autoToolChoice()}. */
    public AnswerSettingsBuilder autoToolChoice(boolean value) {
        autoToolChoice = value;
        return this;
    }

    /** Sets {@link AnswerSettings#reasoning()}. */
    public AnswerSettingsBuilder reasoning(boolean value) {
        reasoning = value;
        return this;
    }

    /** Sets {@link AnswerSettings#mode()}. */
    public AnswerSettingsBuilder mode(OutputMode value) {
        mode = value;
        return this;
    }

    /** Changes {@link AnswerSettings#toolCalls()}. */
    public AnswerSettingsBuilder toolCalls(UnaryOperator<ToolCallSettings> change) {
        toolCalls = change.apply(toolCalls);
        return this;
    }

    AnswerSettings build() {
        return new AnswerSettings(
                forceIncludeUsage,
                tokensAsIds,
                maxLogprobs,
                streamInterval,
                trustMediaOptions,
                autoToolChoice,
                reasoning,
                mode,
                toolCalls);
    }
}
