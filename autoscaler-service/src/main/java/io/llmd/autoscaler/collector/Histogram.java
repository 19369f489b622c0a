package io.llmd.autoscaler.collector;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What a Prometheus histogram counted. Immutable.
 *
 * @param cumulative counts by upper bound, each with those of lower bounds; at most {@value #MAX_BUCKETS} of them
 */
public record Histogram(Map<Double, Double> cumulative) {

    static final int MAX_BUCKETS = 128;

    /** Nothing. */
    public static final Histogram NONE = new Histogram(Map.of());

    public Histogram {
        cumulative = Map.copyOf(cumulative);
    }

    /** Two as one. */
    public Histogram plus(Histogram other) {
        if (other.cumulative.isEmpty() || cumulative.isEmpty()) {
            return cumulative.isEmpty() ? other : this;
        }
        Map<Double, Double> sum = new TreeMap<>(cumulative);
        other.cumulative.forEach((bound, count) -> sum.merge(bound, count, Double::sum));
        return new Histogram(sum);
    }

    /** All that were counted. */
    public double count() {
        return cumulative.values().stream()
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
    }

    /** How many were at most {@code limit}; between two bounds it is taken to grow evenly. */
    public double within(double limit) {
        NavigableMap<Double, Double> ordered = new TreeMap<>(cumulative);
        Map.Entry<Double, Double> above = ordered.ceilingEntry(limit);
        Map.Entry<Double, Double> below = ordered.floorEntry(limit);
        if (above == null) {
            return count();
        }
        double low = below == null ? 0 : below.getKey();
        double least = below == null ? 0 : below.getValue();
        if (Double.isInfinite(above.getKey()) || above.getKey() <= low) {
            // Nothing is said of how far those above the last bound are.
            return Double.isInfinite(above.getKey()) ? least : above.getValue();
        }
        return least + (above.getValue() - least) * (limit - low) / (above.getKey() - low);
    }
}
