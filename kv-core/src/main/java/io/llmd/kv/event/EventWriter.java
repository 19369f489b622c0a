package io.llmd.kv.event;

import io.llmd.kv.wire.MessagePackWriter;

/** Writes events in one of the two forms. */
sealed interface EventWriter permits ArrayEventWriter, MapEventWriter {

    byte[] BLOCK_STORED = MessagePackWriter.encode("BlockStored");
    byte[] BLOCK_REMOVED = MessagePackWriter.encode("BlockRemoved");
    byte[] ALL_BLOCKS_CLEARED = MessagePackWriter.encode("AllBlocksCleared");

    void stored(KvEvent.BlockStored event);

    void removed(KvEvent.BlockRemoved event);

    void cleared();
}
