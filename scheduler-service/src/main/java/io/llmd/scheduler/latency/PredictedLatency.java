package io.llmd.scheduler.latency;

/**
 * What a request would take on an endpoint.
 *
 * @param timeToFirstTokenMillis from sending the request to its first token
 * @param timePerOutputTokenMillis mean time per token after the first
 */
public record PredictedLatency(double timeToFirstTokenMillis, double timePerOutputTokenMillis) {
    public PredictedLatency {
        requireTime("timeToFirstTokenMillis", timeToFirstTokenMillis);
        requireTime("timePerOutputTokenMillis", timePerOutputTokenMillis);
    }

    private static void requireTime(String name, double millis) {
        if (!Double.isFinite(millis)) {
            throw new IllegalArgumentException(name + ": " + millis + " (expected: finite)");
        }
    }
}
