package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When waiting requests give up. Not thread-safe.
 *
 * <p>While endpoints exist a request may wait its own budget, while there are none that of the empty pool; each change
 * between the two starts a fresh budget. The caller's own limit and that on the whole wait count from the submission.
 */
final class Deadlines {

    /*
     * A heap with the next deadline on top, and not a timer wheel: removal is O(log n) instead of O(1), which at 10,000
     * waiting requests is about seven levels; in return each request expires at its very time, the owner can sleep until
     * the next deadline instead of waking for every tick, and a change of the regime, which moves all deadlines, reorders
     * in O(n) where a wheel would insert all anew.
     */
    private static final class ByDeadline extends IndexedHeap<Item> {
        @Override
        protected boolean isBefore(Item a, Item b) {
            return a.deadlineNanos - b.deadlineNanos < 0;
        }

        @Override
        protected int index(Item item) {
            return item.deadlineIndex;
        }

        @Override
        protected void index(Item item, int index) {
            item.deadlineIndex = index;
        }
    }

    /** No request waits for so long; far enough below the range of the clock to be added to. */
    static final long NEVER = OrderingPolicy.UNBOUNDED;

    private final ByDeadline items = new ByDeadline();
    private long ttlNanos;
    private long noEndpointNanos;
    private long maxWaitNanos;
    private long regimeNanos;
    private boolean isPoolEmpty;

    Deadlines(FlowControlSettings settings, boolean isPoolEmpty, long nowNanos) {
        this.isPoolEmpty = isPoolEmpty;
        this.regimeNanos = nowNanos;
        read(settings);
    }

    private void read(FlowControlSettings settings) {
        ttlNanos = budget(settings.requestTtl());
        noEndpointNanos = budget(settings.noEndpointTtl());
        maxWaitNanos = budget(settings.maxWait());
    }

    private static long budget(Duration duration) {
        return duration.isZero() ? NEVER : Math.min(nanos(duration), NEVER);
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(NEVER)) >= 0 ? NEVER : duration.toNanos();
    }

    boolean isPoolEmpty() {
        return isPoolEmpty;
    }

    /** How long the request may wait while endpoints exist. */
    long ttl(FlowRequest request) {
        Duration timeout = request.timeout();
        return timeout == null ? ttlNanos : Math.min(ttlNanos, Math.max(0, nanos(timeout)));
    }

    void add(Item item) {
        item.deadlineNanos = deadline(item);
        items.add(item);
    }

    void remove(Item item) {
        items.remove(item);
    }

    private long deadline(Item item) {
        long start = item.submittedNanos - regimeNanos < 0 ? regimeNanos : item.submittedNanos;
        long budget = isPoolEmpty ? noEndpointNanos : item.ttlNanos;
        long waited = start - item.submittedNanos;
        Duration timeout = item.request.timeout();
        long limit = timeout == null ? maxWaitNanos : Math.min(maxWaitNanos, Math.max(0, nanos(timeout)));
        return item.submittedNanos + Math.min(waited + budget, limit);
    }

    /** The pool has become empty, or is so no longer: budgets begin anew. O(waiting requests). */
    void poolEmptied(boolean isEmpty, long nowNanos) {
        if (isEmpty != isPoolEmpty) {
            isPoolEmpty = isEmpty;
            regimeNanos = nowNanos;
            rearm();
        }
    }

    /** Applies other budgets to what waits. */
    void reconfigure(FlowControlSettings settings) {
        read(settings);
        items.forEach(item -> item.ttlNanos = ttl(item.request));
        rearm();
    }

    private void rearm() {
        items.forEach(item -> item.deadlineNanos = deadline(item));
        items.reordered();
    }

    /** A request whose time is over, null when there is none. */
    @Nullable
    Item overdue(long nowNanos) {
        Item first = items.first();
        return first != null && first.deadlineNanos - nowNanos <= 0 ? first : null;
    }

    /** Time until the next one is over; {@link #NEVER} when nothing waits. */
    long nanosToNext(long nowNanos) {
        Item first = items.first();
        return first == null ? NEVER : Math.min(NEVER, first.deadlineNanos - nowNanos);
    }

    /** Why an overdue request goes. */
    Admission.Reason reason(Item item, long nowNanos) {
        boolean isAtLimit = nowNanos - item.submittedNanos >= maxWaitNanos;
        if (!isPoolEmpty) {
            return Admission.Reason.TTL_EXPIRED;
        }
        return isAtLimit ? Admission.Reason.TTL_EXPIRED_WITHOUT_ENDPOINTS : Admission.Reason.NO_ENDPOINTS;
    }
}
