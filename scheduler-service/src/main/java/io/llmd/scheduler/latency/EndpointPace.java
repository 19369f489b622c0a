package io.llmd.scheduler.latency;

/**
 * How one endpoint differs from what all of its role have in common. Written by the thread that learns, read by any: each
 * number by itself is whole, and no two of them need to be of the same moment.
 */
final class EndpointPace {

    private static final double LEAST_RATE = 0.02;
    private static final double RECENT_RATE = 0.1;

    /** An endpoint counts as like the others until it has shown otherwise so many times. */
    private static final double DOUBT = 30;

    private double meanLog;
    private long count;
    private volatile double scale = 1;
    private volatile double recent;
    private volatile long lastSample;

    /** How many times longer it takes than the others. */
    double scale() {
        return scale;
    }

    /** What it took of late, 0 when nothing is known. */
    double recent() {
        return recent;
    }

    /** Number of the last sample that it took part in. */
    long lastSample() {
        return lastSample;
    }

    /**
     * Takes a measured time.
     *
     * @param logRatio logarithm of it to what was to be expected of any endpoint
     */
    void add(double millis, double logRatio, long sample) {
        meanLog += Math.max(1.0 / (count + 1), LEAST_RATE) * (logRatio - meanLog);
        count++;
        scale = Math.exp(meanLog * weight());
        recent = recent == 0 ? millis : recent + RECENT_RATE * (millis - recent);
        lastSample = sample;
    }

    /** How much it has shown of how it differs, in [0, 1). */
    double weight() {
        return count / (count + DOUBT);
    }

    /** What all endpoints have in common takes {@code Math.exp(log)} times as long from now on: it differs by that much less. */
    void shift(double log) {
        meanLog -= log;
        scale = Math.exp(meanLog * weight());
    }

    /** Begins anew from what it is. */
    void forget() {
        count = Math.min(count, 1);
    }
}
