package io.llmd.scheduler.explain;

import org.jspecify.annotations.Nullable;

/**
 * An endpoint as a decision saw it.
 *
 * @param id {@code namespace/name}
 * @param fresh whether its metrics are recent enough to be trusted
 * @param metricsAgeMillis age of its metrics; -1 before the first successful scrape
 * @param runningRequests requests in the engine's batch
 * @param waitingRequests requests in the engine's queue
 * @param kvCacheUsage used share of the KV cache
 * @param inFlightRequests requests that this scheduler had placed there; null when the decision did not look
 * @param inFlightTokens prompt tokens of those whose prefill had not ended; null when the decision did not look
 * @param matchedBlocks leading blocks of the prompt that it is thought to hold
 * @param heldBlocks leading blocks that it holds, whatever they are worth, and whether its engine can reuse them or not
 * @param reuse how much of these can be reused: {@code full}, {@code partial} or {@code miss}; null when nobody looked
 * @param totalBlocks blocks of the prompt; 0 when unknown
 * @param blockTokens tokens per block; 0 when unknown
 * @param matchedBy where the matched blocks are known from: {@code events}, {@code partial_events} or {@code estimate}, and
 *     behind {@code estimate} why an index of events said nothing, as in {@code estimate_late}; null when nobody looked
 * @param predicted what the request would take there; null when nothing was predicted
 * @param unpredicted why nothing was predicted; null when it was, or nobody said why
 * @param cost milliseconds that the request would cost here, by what they are spent on; null when nobody asked
 */
public record ExplainedCandidate(
        String id,
        boolean fresh,
        long metricsAgeMillis,
        int runningRequests,
        int waitingRequests,
        double kvCacheUsage,
        @Nullable Long inFlightRequests,
        @Nullable Long inFlightTokens,
        int matchedBlocks,
        int heldBlocks,
        @Nullable String reuse,
        int totalBlocks,
        int blockTokens,
        @Nullable String matchedBy,
        @Nullable ExplainedLatency predicted,
        @Nullable String unpredicted,
        @Nullable String cost) {}
