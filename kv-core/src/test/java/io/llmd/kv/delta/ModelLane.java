package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What a lane holds, slow and obvious. Two are equal when they hold the same and know the same about it. */
final class ModelLane implements LaneDeltas {

    record Place(StorageTier tier, int group, long key) {}

    record Block(long parentKey, long engineHash) {}

    final Map<Place, Block> blocks = new HashMap<>();
    int epoch;
    boolean isComplete;
    long lastSequence = -1;
    long calls;

    @Override
    public void stored(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        calls++;
        long parent = parentKey;
        for (int i = from; i < from + count; i++) {
            blocks.put(new Place(tier, group, keys[i]), new Block(parent, engineHashes[i]));
            parent = keys[i];
        }
    }

    @Override
    public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
        calls++;
        for (int i = from; i < from + count; i++) {
            blocks.remove(new Place(tier, group, keys[i]));
        }
    }

    @Override
    public void cleared(int tierMask) {
        calls++;
        blocks.keySet().removeIf(place -> (place.tier().bit() & tierMask) != 0);
    }

    @Override
    public void epoch(int newEpoch) {
        calls++;
        epoch = newEpoch;
        blocks.keySet().removeIf(place -> place.tier() != StorageTier.STORAGE);
    }

    @Override
    public void coverage(boolean complete) {
        calls++;
        isComplete = complete;
    }

    @Override
    public void applied(long firstSequence, long last) {
        calls++;
        lastSequence = last;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelLane lane
                && lane.blocks.equals(blocks)
                && lane.epoch == epoch
                && lane.isComplete == isComplete
                && lane.lastSequence == lastSequence;
    }

    @Override
    public int hashCode() {
        return Objects.hash(blocks, epoch, isComplete, lastSequence);
    }

    @Override
    public String toString() {
        return "epoch " + epoch + ", complete " + isComplete + ", last " + lastSequence + ", " + blocks;
    }
}
