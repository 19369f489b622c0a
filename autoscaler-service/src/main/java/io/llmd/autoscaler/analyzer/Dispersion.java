package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;

/** Index of dispersion of arrivals: variance by mean of the counts of the last 30 intervals. For one thread. */
public final class Dispersion {

    private static final int KEPT = 30;
    private static final int LEAST = 6;
    private static final double HIGHEST = 16;
    /** Intervals of Poisson arrivals that count as seen before: a few intervals alone say little of a variance. */
    private static final int ASSUMED = 4;
    /** Standard deviations of the index of Poisson arrivals that may be chance: nine of ten are below. */
    private static final double CHANCE = 1.28;

    private final Deque<Double> counts = new ArrayDeque<>();

    /** Takes the count of another interval of about ten seconds. */
    public void add(double count) {
        if (count >= 0) {
            counts.addLast(count);
            if (counts.size() > KEPT) {
                counts.removeFirst();
            }
        }
    }

    /**
     * The same at one of several replicas: requests that come together are spread over them, so that what is above chance is thinned.
     *
     * @param replicas that serve; below 1 is one
     */
    public double index(int replicas) {
        return 1 + (index() - 1) / Math.max(1, replicas);
    }

    /** In [1, 16]; near 1, as of Poisson arrivals, as long as little is known. */
    public double index() {
        double mean = counts.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        if (counts.size() < LEAST || mean == 0) {
            return 1;
        }
        // Of differences between neighbours, which have twice the variance, and of these without their mean: a rate
        // that rises,
        // falls or has changed for good is no burst, and would look like one for as long as counts of before are kept.
        double[] all = counts.stream().mapToDouble(Double::doubleValue).toArray();
        double drift = (all[all.length - 1] - all[0]) / (all.length - 1);
        double squares = 0;
        for (int i = 1; i < all.length; i++) {
            double difference = all[i] - all[i - 1] - drift;
            squares += difference * difference;
        }
        double freedom = all.length - 2 + ASSUMED;
        double seen = (squares / (2 * mean) + ASSUMED) / freedom;
        return Math.clamp(seen - CHANCE * Math.sqrt(2 / freedom), 1, HIGHEST);
    }
}
