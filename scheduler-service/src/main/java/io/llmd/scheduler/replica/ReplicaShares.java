package io.llmd.scheduler.replica;

import io.llmd.scheduler.datalayer.InFlightLoad;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The newest share of each other scheduler. A share that is not renewed in time is dropped, so that a lost scheduler
 * leaves no load behind. Not thread-safe.
 *
 * <p>Grows with the schedulers of the pool, up to a bound beyond which shares of new ones are refused.
 */
final class ReplicaShares {

    static final int MAX_REPLICAS = 256;

    private record Held(LoadShare share, long receivedNanos) {}

    private final long expiryNanos;
    private final Map<String, Held> held = new HashMap<>();

    /** No shares yet; each counts for {@code expiry}. */
    ReplicaShares(Duration expiry) {
        expiryNanos = expiry.toNanos();
    }

    /** Takes a share. Returns whether it is newer than the one of its sender that is held, and there is room for it. */
    boolean take(LoadShare share, long nowNanos) {
        Held before = held.get(share.replica());
        if (before == null ? held.size() >= MAX_REPLICAS : before.share().sequence() >= share.sequence()) {
            return false;
        }
        held.put(share.replica(), new Held(share, nowNanos));
        return true;
    }

    /** Drops the share of a scheduler that left. Returns whether there was one. */
    boolean leave(String replica) {
        return held.remove(replica) != null;
    }

    /** Drops shares that were not renewed in time. Returns how many. */
    int expire(long nowNanos) {
        int before = held.size();
        held.values().removeIf(share -> nowNanos - share.receivedNanos() > expiryNanos);
        return before - held.size();
    }

    /** Other schedulers whose shares count. */
    int size() {
        return held.size();
    }

    /** The sum of all shares by tracker and endpoint id. */
    Map<String, Map<String, InFlightLoad>> sum() {
        Map<String, Map<String, InFlightLoad>> sum = new HashMap<>();
        for (Held each : held.values()) {
            each.share().loads().forEach((tracker, endpoints) -> {
                Map<String, InFlightLoad> ofTracker = sum.computeIfAbsent(tracker, ignored -> new HashMap<>());
                endpoints.forEach((id, load) -> ofTracker.merge(id, load, InFlightLoad::plus));
            });
        }
        return sum;
    }
}
