package io.llmd.scheduler.latency;

import java.util.Objects;

/**
 * One measured latency.
 *
 * @param kind what was measured
 * @param features what was known when the request was placed
 * @param millis the measured time, more than 0
 */
public record LatencySample(Kind kind, LatencyFeatures features, double millis) {

    /** What was measured. */
    public enum Kind {
        TIME_TO_FIRST_TOKEN,
        TIME_PER_OUTPUT_TOKEN
    }

    public LatencySample {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(features, "features");
        if (!(millis > 0) || Double.isInfinite(millis)) {
            throw new IllegalArgumentException("millis: " + millis + " (expected: finite, > 0)");
        }
    }
}
