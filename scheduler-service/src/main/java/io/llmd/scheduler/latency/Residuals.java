package io.llmd.scheduler.latency;

import java.util.Arrays;

/**
 * What a sum of terms cannot say: how many times longer requests take in each of a grid of situations, by the queue, the used
 * share of the KV cache and the prompt tokens to compute. Cells that few requests were in say little. Not thread-safe.
 */
final class Residuals {

    private static final double[] QUEUES = {0, 2, 5, 10};
    private static final double[] USAGES = {0.5, 0.8, 0.95};
    private static final double[] WORK = {0.25, 1, 4, 16};

    private static final double LEAST_RATE = 0.01;
    private static final double DOUBT = 10;
    private static final double MOST = 4;

    private final double[] meanLogs = new double[cells()];
    private final int[] counts = new int[cells()];
    private final double[] factors = new double[cells()];

    Residuals() {
        Arrays.fill(factors, 1);
    }

    private static int cells() {
        return (QUEUES.length + 1) * (USAGES.length + 1) * (WORK.length + 1);
    }

    /** The cell of a situation. */
    static int cell(LatencyInputs in) {
        int queue = place(QUEUES, in.waiting());
        int usage = place(USAGES, in.usage());
        int work = place(WORK, in.uncached() + in.queued());
        return (queue * (USAGES.length + 1) + usage) * (WORK.length + 1) + work;
    }

    private static int place(double[] bounds, double value) {
        int place = 0;
        while (place < bounds.length && value > bounds[place]) {
            place++;
        }
        return place;
    }

    /** Takes the logarithm of a measured time to what the terms say. */
    void add(int cell, double logRatio) {
        int seen = counts[cell];
        meanLogs[cell] += Math.max(1.0 / (seen + 1), LEAST_RATE) * (logRatio - meanLogs[cell]);
        counts[cell] = Math.min(seen + 1, Integer.MAX_VALUE - 1);
        double factor = Math.exp(meanLogs[cell] * counts[cell] / (counts[cell] + DOUBT));
        factors[cell] = Math.clamp(factor, 1 / MOST, MOST);
    }

    double factor(int cell) {
        return factors[cell];
    }

    /** A copy of the factors of all cells. */
    double[] factors() {
        return factors.clone();
    }

    /** Begins anew from what they are. */
    void forget() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = Math.min(counts[i], 1);
        }
    }
}
