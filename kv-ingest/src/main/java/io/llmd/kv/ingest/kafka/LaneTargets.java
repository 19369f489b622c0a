package io.llmd.kv.ingest.kafka;

import io.llmd.kv.lane.LaneDeltas;

/** Gives those who take the changes of lanes; called by the replica's thread only. */
public interface LaneTargets {

    /**
     * A lane is followed from now on.
     *
     * @return takes its changes, from an empty state on, until {@link #removed}
     */
    LaneDeltas lane(LaneDescription lane);

    /** A lane is gone; nothing more comes for its number. */
    void removed(int laneNumber);
}
