package io.llmd.scheduler.scheduling;

import java.util.Map;

/**
 * One reading of an endpoint's engine metrics.
 *
 * @param runningRequests requests in the engine's batch, summed over engines
 * @param waitingRequests requests in the engine's queue, summed over engines
 * @param kvCacheUsage used share of the KV cache, largest over engines; 0..1 but as the engine said it, not clamped
 * @param cacheBlockTokens tokens per KV block, 0 when unknown
 * @param cacheBlocks KV blocks of the engine, 0 when unknown
 * @param activeModels adapters in the batch, with counts
 * @param waitingModels adapters in the queue, with counts
 * @param maxActiveModels adapters that fit into one batch, 0 when unknown
 * @param updatedNanos reading of the monotonic clock at the scrape
 */
public record EndpointMetrics(
        int runningRequests,
        int waitingRequests,
        double kvCacheUsage,
        int cacheBlockTokens,
        int cacheBlocks,
        Map<String, Integer> activeModels,
        Map<String, Integer> waitingModels,
        int maxActiveModels,
        long updatedNanos) {

    /** Never scraped. */
    public static final EndpointMetrics UNKNOWN =
            new EndpointMetrics(0, 0, 0.0, 0, 0, Map.of(), Map.of(), 0, Long.MIN_VALUE);

    public EndpointMetrics {
        activeModels = Map.copyOf(activeModels);
        waitingModels = Map.copyOf(waitingModels);
    }

    /** Whether a scrape ever succeeded. */
    public boolean isKnown() {
        return this != UNKNOWN;
    }
}
