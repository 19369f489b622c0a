package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * How requests wait.
 *
 * @param isOn whether they wait at all; else only the detector is used
 * @param maxRequests requests over all bands, 0 for no bound
 * @param maxBytes bytes over all bands, 0 for no bound
 * @param requestTtl longest wait while endpoints exist, zero for no bound
 * @param noEndpointTtl longest wait while there are none, zero for no bound
 * @param maxWait longest wait in all, zero for no bound
 * @param agingInterval after so long without a dispatch, a band with requests sends one before the bands above it; zero for
 *     never
 * @param maxFlows flows of a band; requests of further ones share a flow
 * @param defaultBand template for bands that objectives ask for
 * @param defaultNegativeBand the same for negative priorities
 * @param bands configured bands by priority
 * @param usageLimits leaves room for more important requests
 * @param detector says when the pool is full
 * @param isEvicting whether running requests may be ended for more important ones
 * @param eviction which requests those are, and in which order
 */
public record FlowControlSettings(
        boolean isOn,
        long maxRequests,
        long maxBytes,
        Duration requestTtl,
        Duration noEndpointTtl,
        Duration maxWait,
        Duration agingInterval,
        int maxFlows,
        BandSettings defaultBand,
        BandSettings defaultNegativeBand,
        Map<Integer, BandSettings> bands,
        UsageLimitPolicy usageLimits,
        SaturationDetector detector,
        boolean isEvicting,
        EvictionSettings eviction) {
    public FlowControlSettings {
        requireNotNegative("requestTtl", requestTtl);
        requireNotNegative("noEndpointTtl", noEndpointTtl);
        requireNotNegative("maxWait", maxWait);
        requireNotNegative("agingInterval", agingInterval);
        if (maxRequests < 0 || maxBytes < 0 || maxFlows < 1) {
            throw new IllegalArgumentException("maxRequests: " + maxRequests + ", maxBytes: " + maxBytes
                    + ", maxFlows: " + maxFlows + " (expected: >= 0, >= 0, >= 1)");
        }
        Objects.requireNonNull(defaultBand, "defaultBand");
        Objects.requireNonNull(defaultNegativeBand, "defaultNegativeBand");
        bands = Map.copyOf(bands);
        Objects.requireNonNull(usageLimits, "usageLimits");
        Objects.requireNonNull(detector, "detector");
        Objects.requireNonNull(eviction, "eviction");
    }

    private static void requireNotNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
        }
    }

    /** Settings of the band of {@code priority}. */
    BandSettings band(int priority) {
        BandSettings configured = bands.get(priority);
        if (configured != null) {
            return configured;
        }
        return priority < 0 ? defaultNegativeBand : defaultBand;
    }
}
