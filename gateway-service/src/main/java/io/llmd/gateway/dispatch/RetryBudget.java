package io.llmd.gateway.dispatch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds how many requests may be in a further attempt at one time: a share of all active requests, but at least a
 * fixed number, so that retries cannot multiply the load of a pool in trouble. Thread-safe.
 */
public final class RetryBudget {

    private final double share;
    private final int minimum;
    private final AtomicLong active = new AtomicLong();
    private final AtomicLong retrying = new AtomicLong();

    /**
     * @param share of active requests in [0, 1]
     * @param minimum further attempts that are always allowed
     */
    public RetryBudget(double share, int minimum) {
        this.share = share;
        this.minimum = minimum;
    }

    /** A request begins. */
    public void enter() {
        active.incrementAndGet();
    }

    /** A request that entered is over. */
    public void leave() {
        active.decrementAndGet();
    }

    /** Claims a place for a further attempt, held until {@link #release()}. */
    public boolean tryAcquire() {
        long allowed = Math.max(minimum, (long) (share * active.get()));
        if (retrying.incrementAndGet() <= allowed) {
            return true;
        }
        retrying.decrementAndGet();
        return false;
    }

    /** Gives the place of a further attempt back. */
    public void release() {
        retrying.decrementAndGet();
    }

    /** Requests in a further attempt. */
    public long retrying() {
        return retrying.get();
    }

    /** Requests that entered and have not left. */
    public long active() {
        return active.get();
    }
}
