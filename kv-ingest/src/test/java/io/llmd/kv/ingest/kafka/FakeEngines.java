package io.llmd.kv.ingest.kafka;

import io.llmd.kv.event.StorageTier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Engines of lanes, each with all batches that it ever published: one block stored (positive) or removed (negative). */
final class FakeEngines {

    private final Map<String, List<Long>> batches = new HashMap<>();

    synchronized void store(String laneId, long... hashes) {
        for (long hash : hashes) {
            batches.computeIfAbsent(laneId, id -> new ArrayList<>()).add(hash);
        }
    }

    synchronized void remove(String laneId, long... hashes) {
        for (long hash : hashes) {
            batches.computeIfAbsent(laneId, id -> new ArrayList<>()).add(-hash);
        }
    }

    /** Keys of all blocks that the lane's engine holds. */
    synchronized Set<ModelLane.Held> held(String laneId) {
        Set<ModelLane.Held> held = new HashSet<>();
        for (long each : batches.getOrDefault(laneId, List.of())) {
            ModelLane.Held block = new ModelLane.Held(StorageTier.GPU, 0, ModelOwner.key(Math.abs(each)));
            if (each > 0) {
                held.add(block);
            } else {
                held.remove(block);
            }
        }
        return held;
    }

    /** Brings an owner up to date. */
    synchronized void replay(String laneId, ModelOwner owner) {
        List<Long> all = batches.getOrDefault(laneId, List.of());
        for (long sequence = owner.lastSequence() + 1; sequence < all.size(); sequence++) {
            long each = all.get((int) sequence);
            if (each > 0) {
                owner.store(StorageTier.GPU, 0, each);
            } else {
                owner.remove(StorageTier.GPU, -each);
            }
            owner.applied(sequence);
        }
    }
}
