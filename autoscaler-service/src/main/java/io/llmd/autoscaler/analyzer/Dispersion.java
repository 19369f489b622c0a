package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;

/** Index of dispersion of arrivals: variance by mean of the counts of the last 30 intervals. For one thread. */
public final class Dispersion {

    private static final int KEPT = 30;
    private static final int LEAST = 6;
    private static final double HIGHEST = 16;

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

    /** In [1, 16]; 1, as of Poisson arrivals, as long as little is known. */
    public double index() {
        double mean = counts.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        if (counts.size() < LEAST || mean == 0) {
            return 1;
        }
        // Of differences between neighbours, which have twice the variance: a rate that has risen or fallen for good
        // is no burst, and would look like one for as long as counts of before are kept.
        double squares = 0;
        double before = Double.NaN;
        for (double count : counts) {
            squares += Double.isNaN(before) ? 0 : (count - before) * (count - before);
            before = count;
        }
        return Math.clamp(squares / (2 * (counts.size() - 1)) / mean, 1, HIGHEST);
    }
}
