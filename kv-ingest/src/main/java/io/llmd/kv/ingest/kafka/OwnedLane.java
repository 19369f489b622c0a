package io.llmd.kv.ingest.kafka;

import io.llmd.kv.lane.LaneSnapshotSource;

/** What a publisher asks of a lane that it publishes; on the lane's thread, between two batches. */
public interface OwnedLane extends LaneSnapshotSource {

    /** Blocks held, once for each tier and group. */
    long blocks();

    /** Whether only a part of what the endpoint holds is known. */
    boolean isPartial();

    /** The publisher's last batch that was applied; -1 for none in this epoch. */
    long lastSequence();

    /** XXH64 of that batch's payload; 0 for none. */
    long lastPayloadHash();
}
