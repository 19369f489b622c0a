package io.llmd.scheduler.latency;

import java.util.Arrays;

/**
 * How many times a prediction a measured time is at most, with a wanted probability: a quantile of the newest ratios of
 * measured to predicted times, whose level follows what was covered. Not thread-safe. Keeps {@value #WINDOW} ratios.
 *
 * <p>After Gibbs and Candès, "Adaptive conformal inference under distribution shift" (2021): the level goes down a little with
 * each time that was covered and up with each that was not, so that the share of covered times tends to the wanted one
 * whatever the distribution does.
 */
final class ConformalBound {

    static final int WINDOW = 400;

    private static final double STEP = 0.02;
    private static final double LEAST_MISS = 0.002;
    private static final double MOST_MISS = 0.5;
    private static final int ENOUGH = 20;
    private static final int REFRESH = 8;

    /** As long as there are too few ratios. */
    private static final double UNKNOWN = 2;

    private final double wantedMiss;
    private final double[] ratios = new double[WINDOW];
    private int count;
    private int next;
    private double miss;
    private double factor = UNKNOWN;

    /** @param coverage share of times that are to be within the bound, in (0, 1) */
    ConformalBound(double coverage) {
        if (!(coverage > 0 && coverage < 1)) {
            throw new IllegalArgumentException("coverage: " + coverage + " (expected: in (0, 1))");
        }
        wantedMiss = 1 - coverage;
        miss = wantedMiss;
    }

    /**
     * Takes a measured time.
     *
     * @param ratio measured to predicted
     * @param isCovered whether it was within the bound that was given for it
     */
    void add(double ratio, boolean isCovered) {
        ratios[next] = ratio;
        next = (next + 1) % WINDOW;
        count = Math.min(count + 1, WINDOW);
        miss = Math.clamp(miss + STEP * (wantedMiss - (isCovered ? 0 : 1)), LEAST_MISS, MOST_MISS);
        if (count >= ENOUGH && next % REFRESH == 0) {
            double[] sorted = Arrays.copyOf(ratios, count);
            Arrays.sort(sorted);
            int rank = (int) Math.ceil((sorted.length + 1) * (1 - miss));
            factor = sorted[Math.clamp(rank, 1, sorted.length) - 1];
        }
    }

    /** What to multiply a prediction with. */
    double factor() {
        return factor;
    }

    /** Forgets the ratios, not the level. */
    void forget() {
        count = 0;
        next = 0;
    }
}
