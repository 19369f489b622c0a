package io.llmd.gateway.dispatch;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Finds the endpoint that fails now and then, never often enough in a row to stand out by that: its share of successes is far
 * below the mean of the others. Thread-safe.
 *
 * @implNote two windows are kept for each endpoint, so that a share is of one to two windows' length of time
 */
final class SuccessRates {

    /** Counts of one endpoint. */
    private static final class Counts {
        private long windowEndNanos;
        private int requests;
        private int successes;
        private int formerRequests;
        private int formerSuccesses;

        Counts(long windowEndNanos) {
            this.windowEndNanos = windowEndNanos;
        }

        synchronized void add(boolean success, long nowNanos, long windowNanos) {
            roll(nowNanos, windowNanos);
            requests++;
            successes += success ? 1 : 0;
        }

        /** Share of successes; -1 when there are too few requests to tell. */
        synchronized double share(int least, long nowNanos, long windowNanos) {
            roll(nowNanos, windowNanos);
            int all = requests + formerRequests;
            return all < least ? -1 : (double) (successes + formerSuccesses) / all;
        }

        private void roll(long nowNanos, long windowNanos) {
            if (nowNanos - windowEndNanos < 0) {
                return;
            }
            boolean isNext = nowNanos - windowEndNanos < windowNanos;
            formerRequests = isNext ? requests : 0;
            formerSuccesses = isNext ? successes : 0;
            requests = 0;
            successes = 0;
            windowEndNanos = isNext ? windowEndNanos + windowNanos : nowNanos + windowNanos;
        }
    }

    private final ConcurrentHashMap<String, Counts> endpoints = new ConcurrentHashMap<>();
    private final double margin;
    private final int least;
    private final long windowNanos;
    private final LongSupplier nanoTime;

    /**
     * @param margin an outlier's share is more than this below the mean of the others; 0 for never
     * @param least requests that an endpoint must have had to be judged, and to count for the mean
     * @param window what is counted, at least
     */
    SuccessRates(double margin, int least, Duration window, LongSupplier nanoTime) {
        this.margin = margin;
        this.least = least;
        this.windowNanos = window.toNanos();
        this.nanoTime = nanoTime;
    }

    void add(String endpointId, boolean success) {
        if (margin > 0) {
            long now = nanoTime.getAsLong();
            endpoints
                    .computeIfAbsent(endpointId, id -> new Counts(now + windowNanos))
                    .add(success, now, windowNanos);
        }
    }

    /** Whether an endpoint does much worse than the others; there must be others. */
    boolean isOutlier(String endpointId) {
        Counts own = endpoints.get(endpointId);
        long now = nanoTime.getAsLong();
        double share = own == null ? -1 : own.share(least, now, windowNanos);
        if (share < 0) {
            return false;
        }
        double sum = 0;
        int others = 0;
        for (var entry : endpoints.entrySet()) {
            double other =
                    entry.getKey().equals(endpointId) ? -1 : entry.getValue().share(least, now, windowNanos);
            sum += Math.max(0, other);
            others += other < 0 ? 0 : 1;
        }
        return others > 0 && share < sum / others - margin;
    }

    /** Begins anew with an endpoint. */
    void forget(String endpointId) {
        endpoints.remove(endpointId);
    }

    void retain(Set<String> endpointIds) {
        endpoints.keySet().retainAll(endpointIds);
    }
}
