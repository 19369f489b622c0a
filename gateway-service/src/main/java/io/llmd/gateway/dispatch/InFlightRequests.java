package io.llmd.gateway.dispatch;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * This gateway's own requests in flight per endpoint. Thread-safe. Grows with the endpoints ever used;
 * {@link #retain} lets go of those that left the pool.
 */
public final class InFlightRequests {

    private final ConcurrentHashMap<String, AtomicLong> counts = new ConcurrentHashMap<>();

    /** Counts one more request and returns the counter that has to be decremented when it ends. */
    public AtomicLong enter(String endpointId) {
        AtomicLong count = counts.computeIfAbsent(endpointId, id -> new AtomicLong());
        count.incrementAndGet();
        return count;
    }

    /** Requests in flight at one endpoint. */
    public long count(String endpointId) {
        AtomicLong count = counts.get(endpointId);
        return count == null ? 0 : count.get();
    }

    /** Requests in flight at all endpoints. */
    public long total() {
        return counts.values().stream().mapToLong(AtomicLong::get).sum();
    }

    /** Forgets endpoints that are not named and have nothing in flight. */
    public void retain(Set<String> endpointIds) {
        counts.entrySet()
                .removeIf(e -> !endpointIds.contains(e.getKey()) && e.getValue().get() == 0);
    }
}
