package io.llmd.scheduler.latency;

import java.util.SplittableRandom;

/** Requests on endpoints whose times follow from their load by a rule that is known, with noise. */
final class SyntheticFleet {

    private static final long CACHE_TOKENS = 307_200;

    private final SplittableRandom random;
    private final LatencyInputs inputs = new LatencyInputs();
    private final double noise;
    private double pace = 1;
    private int endpoint;

    SyntheticFleet(long seed, double noise) {
        random = new SplittableRandom(seed);
        this.noise = noise;
    }

    /** All endpoints take so many times as long from now on. */
    void pace(double times) {
        pace = times;
    }

    /** Some other request on some endpoint. */
    LatencyInputs next() {
        endpoint = random.nextInt(4);
        boolean isQueued = random.nextDouble() < 0.6;
        return inputs.set(
                random.nextDouble(0.85),
                CACHE_TOKENS,
                random.nextInt(100, 16_000),
                0,
                random.nextInt(60),
                random.nextDouble() < 0.5 ? 0 : random.nextDouble(),
                isQueued ? random.nextInt(40_000) : 0);
    }

    String endpointId() {
        return "ns/e" + endpoint;
    }

    /** The last of four takes twice as long. */
    private double endpointPace() {
        return endpoint == 3 ? 2 : 1;
    }

    double firstTokenMillis() {
        double work = inputs.uncached() + inputs.queued();
        double millis = 12 + 62 * work + 3 * inputs.context() * (1 + work / 8) + 0.1 * inputs.running();
        return millis * endpointPace() * pace * noise();
    }

    double outputTokenMillis() {
        double millis = 9 + 0.08 * inputs.running() + 2.5 * inputs.context() + 0.3 * inputs.queued();
        return millis * endpointPace() * pace * noise();
    }

    private double noise() {
        return Math.exp(noise * random.nextGaussian());
    }
}
