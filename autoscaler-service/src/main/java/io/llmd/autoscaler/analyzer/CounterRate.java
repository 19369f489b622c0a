package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Rates of a counter over several windows (specs/autoscaling.md 3.8). A counter that goes back has begun anew: nothing is
 * counted for that step, and the last rate is kept for two windows. For one thread.
 */
public final class CounterRate {

    private static final double LONGEST_SECONDS = 300;
    private static final int MAX_READINGS = 4_096;

    private record Reading(double atSeconds, double total) {}

    private final Deque<Reading> readings = new ArrayDeque<>();
    private double lastRaw = Double.NaN;
    private double total;
    private double resetAt = Double.NEGATIVE_INFINITY;
    private double rateAtReset = Double.NaN;

    /** Takes a reading; one that is no number, negative, or not later than the last is left out. */
    public void add(double atSeconds, double value) {
        boolean isLater = readings.isEmpty() || atSeconds > readings.getLast().atSeconds();
        if (!(value >= 0) || Double.isInfinite(value) || !isLater) {
            return;
        }
        if (value < lastRaw) {
            rateAtReset = rate(60, atSeconds);
            resetAt = atSeconds;
            readings.clear();
        } else if (!Double.isNaN(lastRaw)) {
            total += value - lastRaw;
        }
        lastRaw = value;
        readings.addLast(new Reading(atSeconds, total));
        while (readings.size() > MAX_READINGS || readings.getFirst().atSeconds() < atSeconds - LONGEST_SECONDS - 60) {
            readings.removeFirst();
        }
    }

    /** Time of the last reading; NaN before the first. */
    public double lastReading() {
        return readings.isEmpty() ? Double.NaN : readings.getLast().atSeconds();
    }

    /**
     * Mean rate over the last {@code windowSeconds}, or over as much of it as has been read.
     *
     * @return a second; NaN before two readings, and when the last is older than the window and a minute
     */
    public double rate(double windowSeconds, double nowSeconds) {
        if (readings.size() < 2) {
            return nowSeconds - resetAt <= 2 * windowSeconds ? rateAtReset : Double.NaN;
        }
        Reading last = readings.getLast();
        if (nowSeconds - last.atSeconds() > windowSeconds + 60) {
            return Double.NaN;
        }
        Reading first = readings.getFirst();
        for (Reading reading : readings) {
            if (reading.atSeconds() > last.atSeconds() - windowSeconds + 1e-9) {
                break;
            }
            first = reading;
        }
        if (first == last) {
            first = readings.getFirst();
        }
        double rate = (last.total() - first.total()) / (last.atSeconds() - first.atSeconds());
        boolean isShort = last.atSeconds() - first.atSeconds() < windowSeconds / 2;
        boolean isAfterReset = isShort && nowSeconds - resetAt <= 2 * windowSeconds && !Double.isNaN(rateAtReset);
        return isAfterReset ? Math.max(rate, rateAtReset) : rate;
    }

    /** How much was counted in the last {@code windowSeconds}; NaN when that much has not been read. */
    public double increase(double windowSeconds, double nowSeconds) {
        boolean isKnown = readings.size() >= 2
                && nowSeconds - readings.getLast().atSeconds() <= 60
                && readings.getFirst().atSeconds() <= nowSeconds - Math.min(windowSeconds, LONGEST_SECONDS);
        return isKnown ? rate(windowSeconds, nowSeconds) * windowSeconds : Double.NaN;
    }
}
