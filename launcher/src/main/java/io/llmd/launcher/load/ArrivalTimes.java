package io.llmd.launcher.load;

import java.util.random.RandomGenerator;

/** Intended send times of an open loop, as nanoseconds since the start of the run. Not thread-safe. */
final class ArrivalTimes {

    private final Arrivals.OpenLoop arrivals;
    private final RandomGenerator random;
    private double nextNanos;

    ArrivalTimes(Arrivals.OpenLoop arrivals, RandomGenerator random) {
        this.arrivals = arrivals;
        this.random = random;
    }

    /** The next intended time; never before the one before. */
    long next() {
        double gapNanos = 1e9 / arrivals.requestsPerSecond();
        long time = (long) nextNanos;
        nextNanos += switch (arrivals.spacing()) {
            case POISSON -> gapNanos * random.nextExponential();
            case CONSTANT -> gapNanos;
        };
        return time;
    }
}
