package io.llmd.scheduler.latency;

import java.util.Objects;

/**
 * What the latency of a request on an endpoint follows from.
 *
 * @param kvCacheUsage used share of the endpoint's KV cache in [0, 1]
 * @param inputTokens tokens of the prompt
 * @param waitingRequests requests in the engine's queue
 * @param runningRequests requests that were placed on the endpoint and have not ended
 * @param generatedTokens tokens that the request has generated
 * @param prefixRatio share of the prompt that the endpoint holds, in [0, 1]
 * @param prefillTokensInFlight prompt tokens that were placed on the endpoint and are not computed yet
 * @param encoderInputItems media of the request
 * @param encoderMatchedItems those of them that the endpoint has encoded before
 * @param role what the endpoint's role label says, empty without one
 */
public record LatencyFeatures(
        double kvCacheUsage,
        int inputTokens,
        int waitingRequests,
        long runningRequests,
        int generatedTokens,
        double prefixRatio,
        long prefillTokensInFlight,
        int encoderInputItems,
        int encoderMatchedItems,
        String role) {
    public LatencyFeatures {
        kvCacheUsage = share(kvCacheUsage);
        prefixRatio = share(prefixRatio);
        Objects.requireNonNull(role, "role");
    }

    private static double share(double value) {
        return value >= 0 ? Math.min(value, 1) : 0;
    }

    /** The same without what only concerns the time to the first token. */
    public LatencyFeatures ofOutput() {
        return new LatencyFeatures(
                kvCacheUsage,
                inputTokens,
                waitingRequests,
                runningRequests,
                0,
                0,
                prefillTokensInFlight,
                encoderInputItems,
                encoderMatchedItems,
                role);
    }
}
