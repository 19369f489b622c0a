package io.llmd.kv.ingest.direct;

import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.ingest.LaneTarget;

/**
 * Frees some memory of cleared lanes after each batch, so that it never piles up and no batch waits long for it. A lane that
 * goes on from a snapshot counts as complete once its publisher turned out to be the same. For the sources' thread.
 */
final class SweepingTarget implements LaneTarget {

    private final LaneTarget target;
    private final BlockIndex index;
    private boolean isCompleteOnceVerified;

    /** @param isCompleteOnceVerified whether what the lane begins with is all that its publisher held, if it is the same */
    SweepingTarget(LaneTarget target, BlockIndex index, boolean isCompleteOnceVerified) {
        this.target = target;
        this.index = index;
        this.isCompleteOnceVerified = isCompleteOnceVerified;
    }

    /** Whether the lane is as it began, and complete if its publisher is the same. */
    boolean isCompleteOnceVerified() {
        return isCompleteOnceVerified;
    }

    @Override
    public int batch(long sequence, byte[] payload, int from, int to) {
        isCompleteOnceVerified = false;
        int rank = target.batch(sequence, payload, from, to);
        index.sweep();
        return rank;
    }

    @Override
    public void newEpoch(int epoch) {
        isCompleteOnceVerified = false;
        target.newEpoch(epoch);
    }

    @Override
    public void clear() {
        isCompleteOnceVerified = false;
        target.clear();
    }

    @Override
    public void verified() {
        if (isCompleteOnceVerified) {
            coverage(true);
        }
        target.verified();
    }

    @Override
    public void coverage(boolean isComplete) {
        isCompleteOnceVerified = false;
        target.coverage(isComplete);
    }
}
