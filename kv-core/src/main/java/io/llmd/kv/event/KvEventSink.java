package io.llmd.kv.event;

/**
 * Receives the events of one batch, in the batch's order, on the thread that decodes. The views and their arrays are valid
 * during the call only; they are filled anew for the next event.
 */
public interface KvEventSink {

    /** Blocks became available. */
    void stored(StoredBlocks blocks);

    /** One copy of each block is gone. */
    void removed(RemovedBlocks blocks);

    /** The engine's own cache is empty. */
    void cleared();
}
