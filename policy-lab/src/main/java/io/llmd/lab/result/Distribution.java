package io.llmd.lab.result;

import java.util.Arrays;

/** Many values and what is asked of them; sorted when it is built. Immutable. */
public final class Distribution {

    private final double[] sorted;

    Distribution(double[] values, int count) {
        sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
    }

    /** How many. */
    public int count() {
        return sorted.length;
    }

    /** The value that a share of them does not exceed; NaN without values. @param share in [0, 1] */
    public double quantile(double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int index = (int) Math.ceil(share * sorted.length) - 1;
        return sorted[Math.clamp(index, 0, sorted.length - 1)];
    }

    /** Share of the values that do not exceed a bound; NaN without values. */
    public double shareWithin(double bound) {
        return sorted.length == 0
                ? Double.NaN
                : (double) Arrays.stream(sorted).filter(value -> value <= bound).count() / sorted.length;
    }

    /** Their mean; NaN without values. */
    public double mean() {
        return Arrays.stream(sorted).average().orElse(Double.NaN);
    }
}
