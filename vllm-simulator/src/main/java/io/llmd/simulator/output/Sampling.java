package io.llmd.simulator.output;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a request says about its output, validated.
 *
 * @param maxTokens limit, absent for what the model length leaves
 * @param priority lower goes first, where the engine orders by it
 * @param source what is said
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
        long priority,
        boolean stream,
        boolean includeUsage,
        boolean continuousUsage,
        int streamInterval,
        boolean returnTokenIds,
        OutputSource source) {

    /** Of work without output. */
    public static Sampling none() {
        return new Sampling(
                OptionalInt.of(1),
                0,
                1,
                false,
                List.of(),
                new int[0],
                false,
                0,
                OptionalInt.empty(),
                null,
                0,
                false,
                false,
                false,
                1,
                false,
                OutputSource.WORDS);
    }

    /** The same for one token of output. */
    public Sampling oneToken() {
        return new Sampling(
                OptionalInt.of(1),
                0,
                n,
                ignoreEos,
                stop,
                stopTokenIds,
                includeStop,
                seed,
                outputTokens,
                cacheSalt,
                priority,
                stream,
                includeUsage,
                continuousUsage,
                streamInterval,
                returnTokenIds,
                source);
    }

    /** Whether a token ends the output. */
    public boolean isStopToken(int token) {
        return Arrays.stream(stopTokenIds).anyMatch(id -> id == token);
    }
}
