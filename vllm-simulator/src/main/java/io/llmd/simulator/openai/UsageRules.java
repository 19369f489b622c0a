package io.llmd.simulator.openai;

import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import java.util.List;
import java.util.OptionalInt;

/**
 * What an answer tells about its tokens.
 *
 * @param details whether cached tokens are told
 * @param createdBlockTokens tokens in one block if newly cached tokens are told, else 0
 * @param reasoning whether tokens of reasoning are told
 * @param before30 whether the keys are those of releases before 0.30
 */
public record UsageRules(boolean details, int createdBlockTokens, boolean reasoning, boolean before30) {
    /** Tells the plain counts. */
    public static final UsageRules PLAIN = new UsageRules(false, 0, false, false);

    /** The same rules, and cached tokens are told in any case. */
    public UsageRules withDetails() {
        return new UsageRules(true, createdBlockTokens, reasoning, before30);
    }

    /** Counts what was sent so far; prompts count once for all their choices. */
    public Usage of(List<Choice> choices) {
        int prompts = 0;
        int completions = 0;
        int cached = 0;
        int created = 0;
        int thought = 0;
        int[] counted = {};
        for (Choice choice : choices) {
            SequenceEnd end = choice.end();
            int tokens = end == null ? choice.sent() : choice.produced();
            completions += tokens;
            thought += Math.min(tokens, choice.plan().reasoningTokens());
            if (choice.prompt() != counted) {
                counted = choice.prompt();
                prompts += counted.length;
                cached += end == null ? 0 : end.cachedTokens();
                created += created(counted.length, end == null ? 0 : end.cachedTokens());
            }
        }
        return new Usage(
                prompts,
                completions,
                optional(details && !(before30 && cached == 0), cached),
                optional(details && createdBlockTokens > 0 && !before30, created),
                optional(reasoning && !before30, thought),
                before30);
    }

    /** Counts one choice so far. */
    public Usage running(Choice choice, int sent) {
        OptionalInt thought =
                optional(reasoning && !before30, Math.min(sent, choice.plan().reasoningTokens()));
        return new Usage(choice.prompt().length, sent, OptionalInt.empty(), OptionalInt.empty(), thought, before30);
    }

    private int created(int promptTokens, int cachedTokens) {
        return createdBlockTokens == 0
                ? 0
                : Math.max(0, promptTokens / createdBlockTokens * createdBlockTokens - cachedTokens);
    }

    private static OptionalInt optional(boolean told, int value) {
        return told ? OptionalInt.of(value) : OptionalInt.empty();
    }
}
