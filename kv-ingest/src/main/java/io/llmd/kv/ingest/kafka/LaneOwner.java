package io.llmd.kv.ingest.kafka;

/** Is told which lanes to serve; called by the thread of {@link LaneOwnership}, and must return within a second. */
public interface LaneOwner {

    /**
     * The lane is this process's, in a term of its own: dial the engine, starting from the lane's newest snapshot, and
     * publish. Called again with a higher term after {@link LaneOwnership#reclaim}, or when the description changed.
     */
    void acquired(LaneDescription lane, int term);

    /** The lane is this process's no longer: publish nothing more. */
    void released(LaneDescription lane);
}
