package io.llmd.kv.ingest.kafka;

/** Hears what a replica does, to count it; called by the replica's thread, and must not block. */
public interface ReplicaListener {

    /** What can happen. */
    enum Event {
        /** A record was applied. */
        APPLIED,
        /** A record was there before. */
        DUPLICATE,
        /** A record of an owner that lost its lane was left out. */
        OLD_TERM,
        /** Records are missing before one that was applied. */
        HOLE,
        /** A new owner's snapshot is waited for. */
        WAITING,
        /** It did not come in time; the lane starts from nothing. */
        WAIT_OVER,
        /** A snapshot was loaded. */
        SNAPSHOT_LOADED,
        /** A head names a snapshot that is not there as a whole. */
        SNAPSHOT_INCOMPLETE,
        /** A chunk or head cannot be read. */
        SNAPSHOT_UNREADABLE,
        /** A snapshot's owner counted copies in another way than the lane's description says. */
        SNAPSHOT_REFUSED,
        /** A record belongs to no lane that is known. */
        UNKNOWN_LANE,
        /** A record is in another partition, or under another key, than its lane's. */
        FOREIGN,
        /** A record has no value, or is none of ours. */
        SKIPPED,
        /** A record was written by a newer release. */
        UNKNOWN_VERSION,
        /** A record cannot be read, or its taker failed; see the topic of dead letters. */
        DEAD_LETTER,
        /** A description of a lane cannot be read, or has the number of another lane. */
        BAD_LANE,
        /** The log was read again from an earlier place. */
        WENT_BACK,
        /** All was read anew, because the log does not reach back far enough. */
        STARTED_ANEW
    }

    /** Something happened. */
    void happened(Event event);

    /** A record took this long from its writer, by the clocks of both, in milliseconds. */
    void latency(long millis);

    /** A lane is known badly until its owner's next snapshot. */
    void snapshotNeeded(LaneDescription lane);
}
