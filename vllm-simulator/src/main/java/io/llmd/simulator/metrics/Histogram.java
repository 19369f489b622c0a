package io.llmd.simulator.metrics;

import java.util.ArrayList;
import java.util.List;

/** A histogram with fixed upper bounds. Not thread-safe. */
final class Histogram {
    private final double[] bounds;
    private final long[] counts;
    private double sum;

    Histogram(double... bounds) {
        this.bounds = bounds;
        counts = new long[bounds.length + 1];
    }

    void observe(double value) {
        observe(value, 1);
    }

    /** Observes a value so many times. */
    void observe(double value, long times) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        counts[bucket] += times;
        sum += value * times;
    }

    double[] bounds() {
        return bounds;
    }

    Counts copy() {
        return new Counts(bounds, counts.clone(), sum);
    }

    /** Bounds 1, 2, 5, 10, ... up to a largest one. */
    static double[] oneTwoFive(int largest) {
        List<Double> bounds = new ArrayList<>();
        for (long decade = 1; ; decade *= 10) {
            for (int mantissa : new int[] {1, 2, 5}) {
                if (mantissa * decade > largest) {
                    return bounds.stream().mapToDouble(Double::doubleValue).toArray();
                }
                bounds.add((double) (mantissa * decade));
            }
        }
    }

    /**
     * What a histogram held at one moment.
     *
     * @param bounds upper bounds, ascending
     * @param counts observations for each bound, not cumulative, and those beyond the last one
     */
    record Counts(double[] bounds, long[] counts, double sum) {}
}
