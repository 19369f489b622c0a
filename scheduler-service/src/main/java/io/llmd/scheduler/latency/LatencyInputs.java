package io.llmd.scheduler.latency;

/**
 * What is known of an endpoint and of the share of a request that it would compute. One object serves all candidates of a
 * decision, one after another. For one thread.
 */
public final class LatencyInputs {

    private static final double FULL_FROM = 0.9;
    private static final double KILO = 1e3;
    private static final double CONTEXT_UNIT = 1e5;

    /** Size of a cache that nobody tells. */
    private static final long USUAL_CACHE_TOKENS = 300_000;

    private double kvCacheUsage;
    private long cacheTokens;
    private int inputTokens;
    private int waitingRequests;
    private long runningRequests;
    private double prefixRatio;
    private long prefillTokensInFlight;

    /**
     * Says everything anew.
     *
     * @param usage used share of the KV cache; taken as in [0, 1]
     * @param cache tokens that fit into it, 0 when unknown
     * @param input tokens of the prompt
     * @param waiting requests in the engine's queue
     * @param running requests that were placed there and have not ended
     * @param prefix share of the prompt that the endpoint holds; taken as in [0, 1]
     * @param inFlight prompt tokens that were placed there and are not computed yet
     * @return this
     */
    public LatencyInputs set(
            double usage, long cache, int input, int waiting, long running, double prefix, long inFlight) {
        kvCacheUsage = share(usage);
        cacheTokens = cache > 0 ? cache : USUAL_CACHE_TOKENS;
        inputTokens = Math.max(0, input);
        waitingRequests = Math.max(0, waiting);
        runningRequests = Math.max(0, running);
        prefixRatio = share(prefix);
        prefillTokensInFlight = Math.max(0, inFlight);
        return this;
    }

    /** The same of features, as far as they tell it. */
    public LatencyInputs set(LatencyFeatures features, long cache) {
        return set(
                features.kvCacheUsage(),
                cache,
                features.inputTokens(),
                features.waitingRequests(),
                features.runningRequests(),
                features.prefixRatio(),
                features.prefillTokensInFlight());
    }

    private static double share(double value) {
        return value >= 0 ? Math.min(value, 1) : 0;
    }

    /** Thousands of prompt tokens. */
    double input() {
        return inputTokens / KILO;
    }

    /** Thousands of prompt tokens that the endpoint holds. */
    double cached() {
        return prefixRatio * inputTokens / KILO;
    }

    /** Thousands of prompt tokens that it would compute. */
    double uncached() {
        return (1 - prefixRatio) * inputTokens / KILO;
    }

    /** Thousands of tokens that it computes first. */
    double queued() {
        return prefillTokensInFlight / KILO;
    }

    /** Hundred thousands of tokens in its KV cache that requests use. */
    double context() {
        return kvCacheUsage * cacheTokens / CONTEXT_UNIT;
    }

    double usage() {
        return kvCacheUsage;
    }

    double running() {
        return runningRequests;
    }

    double waiting() {
        return waitingRequests;
    }

    /** How near the cache is to having no room, in [0, 1]: 0 up to nine tenths. */
    double fullness() {
        return Math.max(0, (kvCacheUsage - FULL_FROM) / (1 - FULL_FROM));
    }

    /** Whether others are computed first. */
    boolean isQueued() {
        return waitingRequests > 0 || prefillTokensInFlight > 0;
    }
}
