package io.llmd.kv.index;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that the cohorts of an index may use together. Safe from any thread. */
final class MemoryBudget {

    private final long max;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long max) {
        this.max = max;
    }

    long max() {
        return max;
    }

    long used() {
        return used.get();
    }

    /** Takes bytes if there are as many. */
    boolean take(long bytes) {
        long before = used.get();
        while (before + bytes <= max) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    /** Takes bytes, or gives them back when negative, whether they fit or not. */
    void charge(long bytes) {
        used.addAndGet(bytes);
    }
}
