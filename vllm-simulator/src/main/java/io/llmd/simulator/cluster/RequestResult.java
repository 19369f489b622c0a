package io.llmd.simulator.cluster;

import org.jspecify.annotations.Nullable;

/**
 * What became of a request. Times are virtual nanoseconds since the start, {@link #NEVER} if it did not get there.
 *
 * @param reason of a rejection or failure, for people to read
 * @param endpoint that produced the output, {@link #NONE} if the request was sent nowhere
 * @param prefillEndpoint that computed the prompt for the other, or {@link #NONE}
 * @param arrival when the client sent it
 * @param routed when the router decided
 * @param scheduled when it entered a batch for the first time
 * @param firstToken when the client got the first token
 * @param lastToken when it got the last one so far
 * @param ended when it was over
 * @param cachedTokens leading prompt tokens that the endpoint which computed the prompt found in its cache
 * @param loadedTokens prompt tokens read from another endpoint
 * @param outputTokens tokens that the client got
 */
public record RequestResult(
        ClientRequest request,
        Outcome outcome,
        @Nullable String reason,
        int endpoint,
        int prefillEndpoint,
        long arrival,
        long routed,
        long scheduled,
        long firstToken,
        long lastToken,
        long ended,
        int cachedTokens,
        int loadedTokens,
        int outputTokens) {
    /** It did not get there. */
    public static final long NEVER = Long.MIN_VALUE;

    /** No endpoint. */
    public static final int NONE = -1;

    /** Nanoseconds from the client's request to its first token; only if it got one. */
    public long timeToFirstToken() {
        return firstToken - arrival;
    }

    /** Mean nanoseconds between tokens; NaN with less than two. */
    public double interTokenLatency() {
        return outputTokens < 2 ? Double.NaN : (double) (lastToken - firstToken) / (outputTokens - 1);
    }

    /** Nanoseconds from the client's request to its end. */
    public long endToEnd() {
        return ended - arrival;
    }
}
