package io.llmd.launcher.bench;

import java.util.Arrays;
import java.util.Collection;

/** A figure over several rounds: its median, and how far the rounds lie apart. */
record Figure(double median, double low, double high) {

    /**
     * Summarises the values of the rounds.
     *
     * @throws IllegalArgumentException without values
     */
    static Figure of(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("values: none (expected: one a round)");
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Figure(median, sorted[0], sorted[sorted.length - 1]);
    }
}
