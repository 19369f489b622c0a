package io.llmd.kv.ingest.kafka;

/**
 * Hears what a publisher does. Called by threads of lanes and by the producer's thread; must not block and must not call the
 * publisher.
 */
public interface PublisherListener {

    /** A delta record was handed to the producer. */
    void sent(int bytes);

    /** The brokers have it. */
    void acknowledged();

    /**
     * A record was lost, since the brokers were away for too long or refused it: the lane takes no changes any more until
     * its owner has a new term, see {@link LaneOwnership#reclaim}. Told once for each {@link LanePublisher}.
     */
    void broken(LaneDescription lane, int term, String reason);

    /** A snapshot is in the log as a whole. */
    void snapshotWritten(LaneDescription lane, long blocks, long bytes);

    /** A snapshot was given up; another follows. */
    void snapshotFailed(LaneDescription lane, String reason);
}
