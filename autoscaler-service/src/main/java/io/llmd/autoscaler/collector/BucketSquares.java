package io.llmd.autoscaler.collector;

import java.util.Map;
import java.util.TreeMap;

/** Estimates the sum of squares of what a histogram counted: each bucket at its middle. For one thread. */
final class BucketSquares {

    private static final int MAX_BUCKETS = 256;

    private final TreeMap<Double, Double> cumulative = new TreeMap<>();

    /** Takes a bucket; those of several series add up. */
    void add(double upperBound, double count) {
        if (count >= 0 && (cumulative.size() < MAX_BUCKETS || cumulative.containsKey(upperBound))) {
            cumulative.merge(upperBound, count, Double::sum);
        }
    }

    /** Sum of squares; those above the last bound are taken to be half as large again. */
    double sum() {
        double sum = 0;
        double lower = 0;
        double before = 0;
        for (Map.Entry<Double, Double> bucket : cumulative.entrySet()) {
            boolean isOpen = Double.isInfinite(bucket.getKey());
            double middle = isOpen ? 1.5 * lower : (lower + bucket.getKey()) / 2;
            sum += Math.max(0, bucket.getValue() - before) * middle * middle;
            before = bucket.getValue();
            lower = isOpen ? lower : bucket.getKey();
        }
        return sum;
    }
}
