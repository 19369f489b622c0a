package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * When requests that wait are due, from how many have come and how many wait: they are served in the order of their arrival, so that
 * those that wait are the last that came. Arrivals are told apart by the minute; what waits and was not seen to arrive is due as the
 * oldest that was, or as if it had come when the count began. For one thread.
 */
public final class DueWork {

    private static final double BUCKET_SECONDS = 60;

    private static final class Bucket {
        private final double atSeconds;
        private double count;

        private Bucket(double atSeconds, double count) {
            this.atSeconds = atSeconds;
            this.count = count;
        }
    }

    private final double deadlineSeconds;
    private final Deque<Bucket> buckets = new ArrayDeque<>();
    private double known = Double.NaN;
    private double sinceSeconds = Double.NaN;

    /** @param deadlineSeconds after its arrival, when a request is due; infinite where none ever is */
    public DueWork(double deadlineSeconds) {
        if (!(deadlineSeconds > 0)) {
            throw new IllegalArgumentException("deadlineSeconds: " + deadlineSeconds + " (expected: > 0)");
        }
        this.deadlineSeconds = deadlineSeconds;
    }

    /** Whether requests are due at all. */
    public boolean hasDeadline() {
        return Double.isFinite(deadlineSeconds);
    }

    /** Takes how many have arrived up to now. */
    public void add(double atSeconds, double arrivals) {
        sinceSeconds = Double.isNaN(sinceSeconds) ? atSeconds : sinceSeconds;
        double added = arrivals - known;
        known = arrivals;
        if (!hasDeadline() || !(added > 0)) {
            return;
        }
        Bucket last = buckets.peekLast();
        if (last == null || atSeconds >= last.atSeconds + BUCKET_SECONDS) {
            buckets.addLast(new Bucket(atSeconds, added));
        } else {
            last.count += added;
        }
        // What is overdue is overdue, however long ago it came.
        while (buckets.getFirst().atSeconds < atSeconds - 2 * deadlineSeconds) {
            buckets.removeFirst();
        }
    }

    /**
     * What waits, by when it is due.
     *
     * @param waiting how many wait
     * @return the soonest first; empty where nothing waits or nothing is ever due
     */
    public List<Work> waiting(double waiting, double nowSeconds) {
        List<Work> work = new ArrayList<>();
        double left = hasDeadline() ? waiting : 0;
        double oldest = Double.isNaN(sinceSeconds) ? nowSeconds : sinceSeconds;
        for (Iterator<Bucket> each = buckets.descendingIterator(); left > 0 && each.hasNext(); ) {
            Bucket bucket = each.next();
            double items = Math.min(left, bucket.count);
            work.addFirst(new Work(bucket.atSeconds + deadlineSeconds - nowSeconds, items));
            left -= items;
            oldest = bucket.atSeconds;
        }
        if (left > 0) {
            work.addFirst(new Work(oldest + deadlineSeconds - nowSeconds, left));
        }
        return work;
    }
}
