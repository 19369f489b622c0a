package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.latency.RunningRequests;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The attempts in flight whose latencies are to be learned, by lease. One whose end nobody tells is forgotten after a time.
 * Safe from any thread; grows with the attempts in flight.
 *
 * @param <A> what to remember of each
 */
final class AttemptBook<A> {

    private static final int SWEEPS_PER_TTL = 10;

    private record Entry<A>(String endpointId, double objectiveMillis, long startNanos, A attempt) {}

    private final long ttlNanos;
    private final RunningRequests running = new RunningRequests();
    private final Map<Long, Entry<A>> entries = new ConcurrentHashMap<>();
    private final AtomicLong nextSweepNanos = new AtomicLong();

    AttemptBook(long ttlNanos) {
        this.ttlNanos = ttlNanos;
    }

    /** The requests that run on each endpoint. */
    RunningRequests running() {
        return running;
    }

    /** An attempt begins; {@code objectiveMillis} is that of its output tokens, 0 without one. */
    void add(long leaseId, String endpointId, double objectiveMillis, long nowNanos, A attempt) {
        sweep(nowNanos);
        if (entries.putIfAbsent(leaseId, new Entry<>(endpointId, objectiveMillis, nowNanos, attempt)) == null) {
            running.add(endpointId, objectiveMillis);
        }
    }

    /** Forgets attempts that are older than any request may be. */
    private void sweep(long nowNanos) {
        long due = nextSweepNanos.get();
        if (nowNanos - due >= 0 && nextSweepNanos.compareAndSet(due, nowNanos + ttlNanos / SWEEPS_PER_TTL)) {
            entries.forEach((leaseId, entry) -> {
                if (nowNanos - entry.startNanos() > ttlNanos) {
                    end(leaseId);
                }
            });
        }
    }

    /** An attempt, null when it is not known. */
    @Nullable
    A get(long leaseId) {
        Entry<A> entry = entries.get(leaseId);
        return entry == null ? null : entry.attempt();
    }

    /** An attempt is over; null when it is not known. */
    @Nullable
    A end(long leaseId) {
        Entry<A> entry = entries.remove(leaseId);
        if (entry == null) {
            return null;
        }
        running.remove(entry.endpointId(), entry.objectiveMillis());
        return entry.attempt();
    }
}
