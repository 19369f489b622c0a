package io.llmd.scheduler.explain;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Which requests are recorded: a share of them, and a smaller one while more than so many would be recorded in a second. Which
 * ones follows from their ids, so that as long as the rate stays all attempts of a request are there or none. In the second in
 * which the rate rises, no more than twice so many are taken, whatever their ids. Safe from any thread, never blocks.
 */
final class DecisionSample {

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double ALL = 1L << 32;

    private final double share;
    private final double mostPerSecond;
    private final AtomicLong windowNanos;
    private final LongAdder asked = new LongAdder();
    private final AtomicLong left;
    private volatile long below;

    /** @param share of the requests in [0, 1] @param nowNanos of the clock that {@link #takes} is given */
    DecisionSample(double share, int mostPerSecond, long nowNanos) {
        this.share = share;
        this.mostPerSecond = mostPerSecond;
        windowNanos = new AtomicLong(nowNanos);
        left = new AtomicLong(most());
        below = (long) (share * ALL);
    }

    boolean takes(String requestId, long nowNanos) {
        long begun = windowNanos.get();
        if (nowNanos - begun >= WINDOW_NANOS && windowNanos.compareAndSet(begun, nowNanos)) {
            left.set(most());
            follow((double) asked.sumThenReset() * TimeUnit.SECONDS.toNanos(1) / (nowNanos - begun));
        }
        asked.increment();
        return spread(requestId.hashCode()) < below && left.getAndDecrement() > 0;
    }

    /** Room for chance: a share of the ids is not that share of the requests in every second. */
    private long most() {
        return (long) Math.ceil(2 * mostPerSecond);
    }

    private void follow(double requestsPerSecond) {
        double wanted = share * requestsPerSecond;
        below = (long) (ALL * share * (wanted <= mostPerSecond ? 1 : mostPerSecond / wanted));
    }

    private static long spread(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x85EBCA6B;
        mixed = (mixed ^ mixed >>> 13) * 0xC2B2AE35;
        return Integer.toUnsignedLong(mixed ^ mixed >>> 16);
    }
}
