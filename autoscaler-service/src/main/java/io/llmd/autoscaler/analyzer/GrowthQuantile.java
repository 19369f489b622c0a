package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * By how much rates have grown within a horizon, in the last day (specs/autoscaling.md 3.9): the q-quantile of
 * {@code rate(t + h) / rate(t)}. The forecast where nothing better has shown its skill. For one thread.
 */
public final class GrowthQuantile {

    private static final double KEPT_SECONDS = 24 * 3600;
    private static final double NEEDED_SECONDS = 6 * 3600;

    private record Rate(double atSeconds, double value) {}

    private final Deque<Rate> rates = new ArrayDeque<>();

    /** Takes the mean rate of another interval; intervals are of one length. */
    public void add(double atSeconds, double rate) {
        if (rate >= 0 && (rates.isEmpty() || atSeconds > rates.getLast().atSeconds())) {
            rates.addLast(new Rate(atSeconds, rate));
            while (rates.getFirst().atSeconds() < atSeconds - KEPT_SECONDS) {
                rates.removeFirst();
            }
        }
    }

    /** Growth within {@code horizonSeconds} that was not exceeded in a share {@code quantile}; 1 before six hours are known. */
    public double growth(double horizonSeconds, double quantile) {
        if (rates.size() < 2 || rates.getLast().atSeconds() - rates.getFirst().atSeconds() < NEEDED_SECONDS) {
            return 1;
        }
        Rate[] all = rates.toArray(Rate[]::new);
        double[] ratios = new double[all.length];
        int count = 0;
        int later = 0;
        for (Rate rate : all) {
            while (later < all.length && all[later].atSeconds() < rate.atSeconds() + horizonSeconds - 1e-6) {
                later++;
            }
            if (later < all.length && rate.value() > 0) {
                ratios[count++] = all[later].value() / rate.value();
            }
        }
        if (count == 0) {
            return 1;
        }
        Arrays.sort(ratios, 0, count);
        double position = quantile * (count - 1);
        int below = (int) position;
        int above = Math.min(count - 1, below + 1);
        return ratios[below] + (position - below) * (ratios[above] - ratios[below]);
    }
}
