package io.llmd.kv.ingest.direct;

import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.ingest.LaneTarget;

/** Frees some memory of cleared lanes after each batch, so that it never piles up and no batch waits long for it. */
record SweepingTarget(LaneTarget target, BlockIndex index) implements LaneTarget {

    @Override
    public int batch(long sequence, byte[] payload, int from, int to) {
        int rank = target.batch(sequence, payload, from, to);
        index.sweep();
        return rank;
    }

    @Override
    public void newEpoch(int epoch) {
        target.newEpoch(epoch);
    }

    @Override
    public void clear() {
        target.clear();
    }

    @Override
    public void coverage(boolean isComplete) {
        target.coverage(isComplete);
    }
}
