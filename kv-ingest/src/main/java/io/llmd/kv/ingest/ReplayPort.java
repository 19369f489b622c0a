package io.llmd.kv.ingest;

/** Asks a source for old batches. The answers come back to the {@link LaneFeed}, later and on the same thread. */
public interface ReplayPort {

    /** Asks for all batches from a sequence number on; what an earlier request still brings must not come back. */
    void request(long fromSequence);

    /** Forgets the request. */
    void cancel();
}
