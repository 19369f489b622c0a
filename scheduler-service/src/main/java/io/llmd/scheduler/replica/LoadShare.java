package io.llmd.scheduler.replica;

import io.llmd.scheduler.datalayer.InFlightLoad;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * All that one scheduler has in flight, as it tells the others. Each share replaces the one before.
 *
 * @param pool name of the pool of endpoints; shares of other pools do not concern anyone else
 * @param replica the process that tells; a restarted one has another name
 * @param sequence rises with each share of the process
 * @param loads by in-flight tracker and endpoint id, without what is idle
 */
record LoadShare(String pool, String replica, long sequence, Map<String, Map<String, InFlightLoad>> loads) {

    static final int MAX_NAME_LENGTH = 512;

    LoadShare {
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(replica, "replica");
        if (replica.isEmpty() || replica.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "replica: " + replica.length() + " characters (expected: 1 to " + MAX_NAME_LENGTH + ")");
        }
        if (sequence < 0) {
            throw new IllegalArgumentException("sequence: " + sequence + " (expected: >= 0)");
        }
        Map<String, Map<String, InFlightLoad>> copy = new HashMap<>();
        loads.forEach((tracker, endpoints) -> copy.put(tracker, Map.copyOf(endpoints)));
        loads = Map.copyOf(copy);
    }
}
