package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * Constant times with a spread of their own, and slower steps in fuller batches. What is drawn is normal and within 70 %
 * of its mean.
 *
 * @param mean the times without spread, of a batch of one sequence
 * @param firstTokenDeviationNanos standard deviation of {@code timeToFirstToken}, at most 30 % of it
 * @param interTokenDeviationNanos standard deviation of {@code interTokenLatency}, at most 30 % of it
 * @param prefillDeviationNanos standard deviation of what overhead and tokens of a prompt take together
 * @param factorUnderLoad factor on a step with {@code fullBatch} sequences, 1 with one sequence, linear between
 * @param fullBatch sequences of a full batch
 */
public record VariedLatency(
        LatencyModel.Constant mean,
        long firstTokenDeviationNanos,
        long interTokenDeviationNanos,
        long prefillDeviationNanos,
        double factorUnderLoad,
        int fullBatch)
        implements LatencyModel {
    /** Largest deviation, as a share of its mean. */
    public static final double LARGEST_SHARE = 0.3;

    private static final double FURTHEST = 0.7;

    public VariedLatency {
        Objects.requireNonNull(mean, "mean");
        requireDeviation("timeToFirstToken", firstTokenDeviationNanos, mean.timeToFirstTokenNanos());
        requireDeviation("interTokenLatency", interTokenDeviationNanos, mean.interTokenLatencyNanos());
        if (prefillDeviationNanos < 0) {
            throw new IllegalArgumentException(
                    "standard deviation of prefill: " + prefillDeviationNanos + " ns (expected: >= 0)");
        }
        if (!(factorUnderLoad >= 1) || Double.isInfinite(factorUnderLoad)) {
            throw new IllegalArgumentException("factorUnderLoad: " + factorUnderLoad + " (expected: >= 1)");
        }
        if (fullBatch < 1) {
            throw new IllegalArgumentException("fullBatch: " + fullBatch + " (expected: >= 1)");
        }
    }

    @Override
    public double stepNanos(StepLoad load) {
        return mean.stepNanos(load) * loadFactor(load);
    }

    @Override
    public double stepNanos(StepLoad load, long draw) {
        double decode = drawn(mean.decodeNanos(load), interTokenDeviationNanos, draw, 1);
        double first = drawn(mean.firstTokenNanos(load), firstTokenDeviationNanos * load.promptShare(), draw, 2);
        double prefill = drawn(mean.prefillNanos(load), prefillDeviationNanos, draw, 3);
        return (decode + first + prefill) * loadFactor(load);
    }

    @Override
    public long apiNanos() {
        return mean.apiNanos();
    }

    private double loadFactor(StepLoad load) {
        return fullBatch == 1 ? 1 : 1 + (factorUnderLoad - 1) * (load.sequences() - 1) / (fullBatch - 1);
    }

    static double drawn(double mean, double deviation, long draw, int part) {
        if (mean == 0 || deviation == 0) {
            return mean;
        }
        double normal = CounterRandom.normal(CounterRandom.unit(draw, part, 1), CounterRandom.unit(draw, part, 2));
        return Math.clamp(mean + deviation * normal, mean * (1 - FURTHEST), mean * (1 + FURTHEST));
    }

    private static void requireDeviation(String name, long deviation, long mean) {
        if (deviation < 0 || deviation > LARGEST_SHARE * mean) {
            throw new IllegalArgumentException("standard deviation of " + name + ": " + deviation
                    + " ns (expected: 0 to 30 % of " + mean + " ns)");
        }
    }
}
