package io.llmd.kv.ingest.kafka;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.util.HashSet;
import java.util.Set;

/** What a replica knows a lane to hold, slow and obvious. */
final class ModelLane implements LaneDeltas {

    record Held(StorageTier tier, int group, long key) {}

    final Set<Held> held = new HashSet<>();
    int epoch;
    boolean isComplete;
    long lastSequence = -1;

    @Override
    public synchronized void stored(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        for (int i = from; i < from + count; i++) {
            held.add(new Held(tier, group, keys[i]));
        }
    }

    @Override
    public synchronized void removed(StorageTier tier, int group, long[] keys, int from, int count) {
        for (int i = from; i < from + count; i++) {
            held.remove(new Held(tier, group, keys[i]));
        }
    }

    @Override
    public synchronized void cleared(int tierMask) {
        held.removeIf(each -> (each.tier().bit() & tierMask) != 0);
    }

    @Override
    public synchronized void epoch(int newEpoch) {
        epoch = newEpoch;
        held.removeIf(each -> each.tier() != StorageTier.STORAGE);
    }

    @Override
    public synchronized void coverage(boolean complete) {
        isComplete = complete;
    }

    @Override
    public synchronized void applied(long firstSequence, long last) {
        lastSequence = last;
    }

    synchronized Set<Held> copy() {
        return Set.copyOf(held);
    }

    synchronized boolean isComplete() {
        return isComplete;
    }

    synchronized long lastSequence() {
        return lastSequence;
    }

    synchronized boolean holds(long key) {
        return held.contains(new Held(StorageTier.GPU, 0, key));
    }

    /** Leading blocks of a prompt that the lane holds in a tier. */
    synchronized int matched(StorageTier tier, long[] keys) {
        int matched = 0;
        while (matched < keys.length && held.contains(new Held(tier, 0, keys[matched]))) {
            matched++;
        }
        return matched;
    }
}
