package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;

/** The largest rates of the last hour, 20 s each, for replicas that stand by (specs/autoscaling.md 3.10). For one thread. */
public final class BurstReserve {

    private static final double KEPT_SECONDS = 3_600;

    private record Rate(double atSeconds, double value) {}

    private final Deque<Rate> rates = new ArrayDeque<>();

    /** Takes the rate over 20 s that end at a time; at most one every 10 s is kept. */
    public void add(double atSeconds, double rate) {
        if (rate >= 0 && (rates.isEmpty() || atSeconds >= rates.getLast().atSeconds() + 10)) {
            rates.addLast(new Rate(atSeconds, rate));
            while (rates.getFirst().atSeconds() < atSeconds - KEPT_SECONDS) {
                rates.removeFirst();
            }
        }
    }

    /** The rate that was not exceeded in a share {@code quantile} of the last hour; 0 when none is known. */
    public double rate(double quantile) {
        if (rates.isEmpty()) {
            return 0;
        }
        double[] sorted = rates.stream().mapToDouble(Rate::value).sorted().toArray();
        return sorted[Math.clamp((int) Math.ceil(quantile * sorted.length) - 1, 0, sorted.length - 1)];
    }
}
