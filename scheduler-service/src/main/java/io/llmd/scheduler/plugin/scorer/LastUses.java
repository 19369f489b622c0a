package io.llmd.scheduler.plugin.scorer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** When endpoints were used last, for a bounded number of them: the one unused for longest is forgotten. Safe from any thread. */
final class LastUses {

    /** Use of an endpoint that was never used, or is forgotten. */
    static final long NEVER = 0;

    private final ConcurrentMap<String, Long> uses = new ConcurrentHashMap<>();
    private final int capacity;
    private long count;

    LastUses(int capacity) {
        this.capacity = capacity;
    }

    /** Number of the endpoint's last use, counted from 1 over all endpoints; {@link #NEVER} if there was none. */
    long of(String endpointId) {
        return uses.getOrDefault(endpointId, NEVER);
    }

    /** Uses an endpoint. O(1), and O(capacity) when another one is forgotten. */
    synchronized void record(String endpointId) {
        uses.put(endpointId, ++count);
        if (uses.size() > capacity) {
            uses.entrySet().stream()
                    .min(Map.Entry.comparingByValue())
                    .ifPresent(oldest -> uses.remove(oldest.getKey()));
        }
    }
}
