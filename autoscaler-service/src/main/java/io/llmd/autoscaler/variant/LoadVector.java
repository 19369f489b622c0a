package io.llmd.autoscaler.variant;

import java.util.Arrays;

/**
 * What one request, or one request a second, takes of a replica, by dimension. Immutable.
 *
 * <p>In replica-seconds per request; multiplied by a rate, in replicas. Loads of classes add up. A load of infinity says that
 * the class cannot be served at all.
 */
public final class LoadVector {

    /** Nothing. */
    public static final LoadVector NONE = new LoadVector(new double[Dimension.values().length]);

    private static final Dimension[] DIMENSIONS = Dimension.values();

    private final double[] loads;

    private LoadVector(double[] loads) {
        this.loads = loads;
    }

    /** A load by dimension. @throws IllegalArgumentException when one is negative or no number */
    public static LoadVector of(double itl, double mem, double seq, double ttft, double xfer) {
        double[] loads = {itl, mem, seq, ttft, xfer};
        for (double load : loads) {
            if (!(load >= 0)) {
                throw new IllegalArgumentException("load: " + load + " (expected: >= 0)");
            }
        }
        return new LoadVector(loads);
    }

    /** The load of a class that cannot be served. */
    public static LoadVector infeasible() {
        return of(
                Double.POSITIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                0);
    }

    /** Load in one dimension. */
    public double get(Dimension dimension) {
        return loads[dimension.ordinal()];
    }

    /** Whether a replica can serve it at all. */
    public boolean isFeasible() {
        return Double.isFinite(max());
    }

    /** The largest component: replicas needed without headroom. */
    public double max() {
        double max = 0;
        for (double load : loads) {
            max = Math.max(max, load);
        }
        return max;
    }

    /** Dimension of the largest component, the first of several. */
    public Dimension binding() {
        int binding = 0;
        for (int i = 1; i < loads.length; i++) {
            if (loads[i] > loads[binding]) {
                binding = i;
            }
        }
        return DIMENSIONS[binding];
    }

    /** Requests a second of one full replica; 0 when it is not feasible, infinity when it takes nothing. */
    public double capacity() {
        return 1 / max();
    }

    /** This and {@code rate} times {@code other}. */
    public LoadVector plus(double rate, LoadVector other) {
        double[] sum = loads.clone();
        if (rate != 0) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += rate * other.loads[i];
            }
        }
        return new LoadVector(sum);
    }

    /** Replicas that carry this with {@code headroom} left in every dimension; a hair above a whole number is that number. */
    public int replicas(double headroom) {
        double needed = max() / (1 - headroom);
        return Double.isFinite(needed) ? (int) Math.min(1_000_000, Math.ceil(needed - 1e-9)) : Integer.MAX_VALUE;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LoadVector vector && Arrays.equals(loads, vector.loads);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(loads);
    }

    @Override
    public String toString() {
        return Arrays.toString(loads);
    }
}
