package io.llmd.simulator.output;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about its output, validated.
 *
 * @param maxTokens limit, absent for what the model length leaves
 * @param outputTokens length the client dictates, as in {@code X-Sim-Output-Tokens}
 */
public record Sampling(
        OptionalInt maxTokens,
        int minTokens,
        int n,
        boolean ignoreEos,
        List<String> stop,
        int[] stopTokenIds,
        boolean includeStop,
        long seed,
        OptionalInt outputTokens,
        @Nullable String cacheSalt,
        boolean stream,
        boolean includeUsage,
        boolean continuousUsage,
        int streamInterval,
        boolean returnTokenIds) {

    /** Whether a token ends the output. */
    public boolean isStopToken(int token) {
        return Arrays.stream(stopTokenIds).anyMatch(id -> id == token);
    }
}
