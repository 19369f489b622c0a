package io.llmd.scheduler.flowcontrol;

import java.time.Duration;

/** Requests dispatched per second, of which the last ten seconds count most. One thread counts, any thread asks. */
final class DrainRate {

    private static final double WINDOW_SECONDS = 10;
    private static final double NANOS = 1e9;
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /** Advice while nothing is known. */
    static final Duration UNKNOWN = Duration.ofSeconds(5);

    /**
     * Exponentially weighted count.
     *
     * @param count weight of all dispatches at {@code atNanos}
     * @param startNanos when counting began
     */
    private record Count(double count, long atNanos, long startNanos) {}

    private volatile Count current;

    DrainRate(long nowNanos) {
        current = new Count(0, nowNanos, nowNanos);
    }

    void dispatched(int requests, long nowNanos) {
        Count before = current;
        current = new Count(decayed(before, nowNanos) + requests, nowNanos, before.startNanos());
    }

    private static double decayed(Count count, long nowNanos) {
        double seconds = Math.max(0, nowNanos - count.atNanos()) / NANOS;
        return count.count() * Math.exp(-seconds / WINDOW_SECONDS);
    }

    /** Requests per second. */
    double perSecond(long nowNanos) {
        Count count = current;
        double seconds = Math.max(0.001, (nowNanos - count.startNanos()) / NANOS);
        double window = WINDOW_SECONDS * (1 - Math.exp(-seconds / WINDOW_SECONDS));
        return decayed(count, nowNanos) / window;
    }

    /** Time in which so many requests are dispatched; {@link Duration#ZERO} while that is unknown. */
    Duration timeFor(long requests, long nowNanos) {
        double rate = perSecond(nowNanos);
        return rate < 1e-3 ? Duration.ZERO : Duration.ofNanos((long) (requests / rate * NANOS));
    }

    /** When to try again with so many requests ahead: between 1 and 60 seconds. */
    Duration retryAfter(long requests, long nowNanos) {
        Duration time = timeFor(requests, nowNanos);
        if (time.isZero()) {
            return UNKNOWN;
        }
        return time.compareTo(SHORTEST) < 0 ? SHORTEST : time.compareTo(LONGEST) > 0 ? LONGEST : time;
    }
}
