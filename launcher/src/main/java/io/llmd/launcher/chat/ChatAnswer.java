package io.llmd.launcher.chat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a model.
 *
 * @param text what was said, as far as it came
 * @param end how it ended
 * @param timeToFirstToken null without a token
 * @param streamTime from the first token to the last
 * @param outputTokens as the server counted, else the number of pieces
 * @param promptTokens as the server counted, 0 when it did not say
 * @param cachedTokens prompt tokens from a cache
 * @param requestId for questions to an operator, empty when the server gave none
 */
record ChatAnswer(
        String text,
        End end,
        @Nullable Duration timeToFirstToken,
        Duration streamTime,
        int outputTokens,
        int promptTokens,
        int cachedTokens,
        String requestId) {

    /** How an answer ended. */
    sealed interface End {
        /** All of it came. */
        record Complete() implements End {}

        /** The person stopped it. */
        record Stopped() implements End {}

        /** It failed, before or after its beginning. */
        record Failed(String message) implements End {}
    }

    /** Tokens per second after the first token; 0 when there are too few to tell. */
    double tokensPerSecond() {
        return outputTokens < 2 || streamTime.isZero() ? 0 : (outputTokens - 1) / (streamTime.toNanos() / 1e9);
    }
}
