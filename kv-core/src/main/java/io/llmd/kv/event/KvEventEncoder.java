package io.llmd.kv.event;

import io.llmd.kv.wire.ByteBuilder;
import io.llmd.kv.wire.MessagePackWriter;

/**
 * Writes batches as MessagePack, byte for byte as vLLM does. Keeps a buffer between calls and is for one thread at a
 * time.
 */
public final class KvEventEncoder {

    private static final byte[] TS = MessagePackWriter.encode("ts");
    private static final byte[] EVENTS = MessagePackWriter.encode("events");
    private static final byte[] DATA_PARALLEL_RANK = MessagePackWriter.encode("data_parallel_rank");

    private static final int INITIAL_BYTES = 1024;

    private final KvBatchForm batchForm;
    private final ByteBuilder bytes = new ByteBuilder(INITIAL_BYTES);
    private final MessagePackWriter out = new MessagePackWriter(bytes);
    private final KvValueWriter values;
    private final EventWriter events;

    public KvEventEncoder(KvEventFormat format) {
        batchForm = format.batchForm();
        values = new KvValueWriter(out, format.hashForm());
        events = format.schema().isMap()
                ? new MapEventWriter(out, values, format.schema())
                : new ArrayEventWriter(out, values, format.schema());
    }

    /** The batch as one MessagePack value, in a new array. */
    public byte[] encode(KvEventBatch batch) {
        bytes.clear();
        switch (batchForm) {
            case ARRAY -> {
                out.arrayHead(3);
                timestampAndEvents(batch);
                values.integerOrNil(batch.dataParallelRank());
            }
            case ARRAY_WITHOUT_RANK -> {
                out.arrayHead(2);
                timestampAndEvents(batch);
            }
            case MAP -> map(batch);
        }
        return bytes.toByteArray();
    }

    private void timestampAndEvents(KvEventBatch batch) {
        out.float64(batch.timestampSeconds());
        events(batch);
    }

    private void map(KvEventBatch batch) {
        Integer rank = batch.dataParallelRank();
        out.mapHead(rank == null ? 2 : 3);
        out.encoded(TS);
        out.float64(batch.timestampSeconds());
        out.encoded(EVENTS);
        events(batch);
        if (rank != null) {
            out.encoded(DATA_PARALLEL_RANK);
            out.integer(rank);
        }
    }

    private void events(KvEventBatch batch) {
        out.arrayHead(batch.events().size());
        for (KvEvent event : batch.events()) {
            switch (event) {
                case KvEvent.BlockStored stored -> events.stored(stored);
                case KvEvent.BlockRemoved removed -> events.removed(removed);
                case KvEvent.AllBlocksCleared cleared -> events.cleared();
            }
        }
    }
}
