package io.llmd.gateway.disagg;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the bytes of fetched media and rendered prompts that all requests hold together. Thread-safe. */
public final class MediaMemory {

    private final long most;
    private final AtomicLong held = new AtomicLong();

    /**
     * @param most bytes
     */
    public MediaMemory(long most) {
        this.most = most;
    }

    /** Takes bytes; says whether there were as many. */
    boolean tryTake(long bytes) {
        if (held.addAndGet(bytes) > most) {
            held.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    /** Bytes that requests hold now. */
    public long held() {
        return held.get();
    }
}
