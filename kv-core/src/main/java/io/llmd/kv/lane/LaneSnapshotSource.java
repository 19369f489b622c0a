package io.llmd.kv.lane;

/** Tells all that a lane holds, on the lane's thread and between two batches. */
@FunctionalInterface
public interface LaneSnapshotSource {

    /** Tells everything, runs before their numbers of copies. */
    void writeTo(LaneSnapshotTarget target);
}
