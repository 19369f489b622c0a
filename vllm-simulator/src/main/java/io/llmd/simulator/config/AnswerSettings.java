package io.llmd.simulator.config;

import java.util.Objects;

/**
 * What answers say, and what requests may ask of them.
 *
 * @param forceIncludeUsage whether streams tell their usage unasked
 * @param tokensAsIds whether log-probabilities name tokens by id unless the request says otherwise
 * @param maxLogprobs most log-probabilities of one token
 * @param streamInterval tokens in one event of a stream, unless the request wants more
 * @param trustMediaOptions whether requests may say how media is processed
 * @param autoToolChoice whether calls of tools are looked for in outputs
 * @param reasoning whether chat answers begin with reasoning
 * @param mode what free answers say
 * @param toolCalls how calls of tools are made up
 */
public record AnswerSettings(
        boolean forceIncludeUsage,
        boolean tokensAsIds,
        int maxLogprobs,
        int streamInterval,
        boolean trustMediaOptions,
        boolean autoToolChoice,
        boolean reasoning,
        OutputMode mode,
        ToolCallSettings toolCalls) {
    public AnswerSettings {
        if (maxLogprobs < -1) {
            throw new IllegalArgumentException("maxLogprobs: " + maxLogprobs + " (expected: >= 0, or -1 for all)");
        }
        if (streamInterval < 1) {
            throw new IllegalArgumentException("streamInterval: " + streamInterval + " (expected: >= 1)");
        }
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(toolCalls, "toolCalls");
    }
}
