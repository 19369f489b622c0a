package io.llmd.launcher.load;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Intended send times of an open loop, as nanoseconds since the start of the run. Not thread-safe. */
final class ArrivalTimes {

    /** Share of the rate at which a ramp begins and ends. */
    private static final double FOOT = 0.1;

    private final Arrivals.OpenLoop arrivals;
    private final double runNanos;
    private final RandomGenerator random;
    /** Requests that are due before the next one, of a rate that is known beforehand. */
    private double due;

    /** @param run how long requests are sent */
    ArrivalTimes(Arrivals.OpenLoop arrivals, Duration run, RandomGenerator random) {
        this.arrivals = arrivals;
        this.runNanos = run.toNanos();
        this.random = random;
    }

    /** The next intended time; never before the one before. */
    long next() {
        double time = time(due * 1e9 / arrivals.requestsPerSecond());
        due += switch (arrivals.spacing()) {
            case POISSON -> random.nextExponential();
            case CONSTANT -> 1;
        };
        return (long) time;
    }

    /** When so much has come as the highest rate brings in {@code atPeak} nanoseconds. */
    private double time(double atPeak) {
        return switch (arrivals.profile()) {
            case STEADY -> atPeak;
            case RAMP -> {
                double all = runNanos * (1 + FOOT) / 2;
                yield atPeak <= all / 2
                        ? rising(atPeak)
                        : atPeak < all ? runNanos - rising(all - atPeak) : runNanos + (atPeak - all) / FOOT;
            }
        };
    }

    /** Solves {@code FOOT·t + (1 - FOOT)·t²/run = atPeak}, what the first half of a ramp has brought until t. */
    private double rising(double atPeak) {
        double square = (1 - FOOT) / runNanos;
        return (Math.sqrt(FOOT * FOOT + 4 * square * atPeak) - FOOT) / (2 * square);
    }
}
