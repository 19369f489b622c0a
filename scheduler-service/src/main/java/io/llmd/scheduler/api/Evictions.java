package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.Eviction;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** Tells whoever runs requests which of them have to end. Safe from any thread; grows with those who follow. */
public final class Evictions implements LongConsumer, AutoCloseable {

    /** Hears of requests that have to end, on any thread. Must not block or throw. */
    public interface Follower {

        /** A running request has to end; who does not run it ignores this. */
        void evicted(Eviction eviction);

        /** Nothing more comes. */
        void ended();
    }

    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    private volatile boolean isClosed;

    /** Follows until the result is run. */
    public Runnable follow(Follower follower) {
        followers.add(follower);
        if (isClosed) {
            close();
        }
        return () -> followers.remove(follower);
    }

    /** The attempt with this lease has to end. */
    @Override
    public void accept(long leaseId) {
        Eviction eviction = new Eviction(leaseId);
        followers.forEach(follower -> follower.evicted(eviction));
    }

    /** Ends all streams of evictions. */
    @Override
    public void close() {
        isClosed = true;
        for (Follower follower : followers) {
            if (followers.remove(follower)) {
                follower.ended();
            }
        }
    }
}
