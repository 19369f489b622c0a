package io.llmd.scheduler.plugin.session;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint each session is bound to. Grows with live sessions up to a bound; beyond it new sessions stay unbound
 * until others expire. Expired bindings go at the next call after a sweep is due. Safe from any thread.
 */
final class SessionBindings {

    /** A binding takes some 200 bytes. */
    static final int MAX_SESSIONS = 200_000;

    private record Binding(String endpointId, long lastSeenNanos) {}

    private final ConcurrentMap<String, Binding> bindings = new ConcurrentHashMap<>();
    private final AtomicLong lastSweepNanos = new AtomicLong(Long.MIN_VALUE);
    private final long ttlNanos;
    private final long sweepNanos;

    SessionBindings(long ttlNanos, long sweepNanos) {
        this.ttlNanos = ttlNanos;
        this.sweepNanos = sweepNanos;
    }

    /** The endpoint of a session, null when it has none. */
    @Nullable
    String endpointOf(String session, long nowNanos) {
        Binding binding = bindings.get(session);
        return binding == null || isExpired(binding, nowNanos) ? null : binding.endpointId();
    }

    /** Binds a session, or refreshes its binding. */
    void bind(String session, String endpointId, long nowNanos) {
        sweepIfDue(nowNanos);
        if (bindings.size() < MAX_SESSIONS || bindings.containsKey(session)) {
            bindings.put(session, new Binding(endpointId, nowNanos));
        }
    }

    int size() {
        return bindings.size();
    }

    private boolean isExpired(Binding binding, long nowNanos) {
        return nowNanos - binding.lastSeenNanos() > ttlNanos;
    }

    private void sweepIfDue(long nowNanos) {
        long last = lastSweepNanos.get();
        boolean isDue = last == Long.MIN_VALUE || nowNanos - last >= sweepNanos;
        if (isDue && lastSweepNanos.compareAndSet(last, nowNanos)) {
            bindings.values().removeIf(binding -> isExpired(binding, nowNanos));
        }
    }
}
