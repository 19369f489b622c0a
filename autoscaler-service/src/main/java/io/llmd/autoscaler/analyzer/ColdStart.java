package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** How long replicas of a variant take from being asked for to being ready: the last 20 starts, in seconds. For one thread. */
public final class ColdStart {

    private static final int KEPT = 20;

    private final double assumed;
    private final Deque<Double> starts = new ArrayDeque<>();

    /** @param assumedSeconds what holds before the first start was seen */
    public ColdStart(double assumedSeconds) {
        assumed = assumedSeconds;
    }

    /** Takes the time of another start. */
    public void add(double seconds) {
        if (seconds > 0 && Double.isFinite(seconds)) {
            starts.addLast(seconds);
            if (starts.size() > KEPT) {
                starts.removeFirst();
            }
        }
    }

    /** A quantile in [0, 1]; while there are fewer than five starts, not less than what was assumed. */
    public double quantile(double q) {
        if (starts.isEmpty()) {
            return assumed;
        }
        double[] sorted =
                starts.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double seen = sorted[
                (int) Math.min(
                        sorted.length - 1,
                        Math.ceil(q * sorted.length - 1e-9) - 1 < 0 ? 0 : Math.ceil(q * sorted.length - 1e-9) - 1)];
        return starts.size() < 5 ? Math.max(assumed, seen) : seen;
    }

    /** Starts that are remembered, oldest first. */
    public List<Double> starts() {
        return List.copyOf(starts);
    }

    @Override
    public String toString() {
        return Arrays.toString(starts.toArray());
    }
}
