package io.llmd.kv.ingest;

import io.llmd.kv.event.DecodedBatch;
import io.llmd.kv.event.KvDropReason;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventSink;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.lane.LaneCounters;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.lane.LaneState;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the batches of one source and lets a lane follow them. For the thread of the sources; counters may be read by
 * others.
 */
public final class LaneReader implements LaneTarget {

    /**
     * A lane that is known in part is known in full after a turnover of the engine's cache: when as many blocks were removed as
     * it holds, and all of them were known. At least so many.
     */
    static final int MIN_TURNOVER = 1024;

    private final KvEventDecoder decoder;
    private final LaneState lane;
    private final LaneDeltas deltas;
    private final LongSupplier millis;
    private final Consumer<String> adapterSeen;
    private final AtomicLongArray drops = new AtomicLongArray(KvDropReason.COUNT);
    private final KvEventSink sink = new Sink();
    private @Nullable String lastAdapter;
    private int epoch;
    private boolean isPartial;
    private long removedAtStart;
    private long unknownSoFar;
    private long overflowsSoFar;

    /**
     * @param decoder may be shared by readers of one thread
     * @param deltas the same that the lane tells its changes
     * @param millis any clock in milliseconds that does not go back
     * @param adapterSeen is told the names of LoRA adapters that blocks come from, possibly repeatedly
     */
    public LaneReader(
            KvEventDecoder decoder,
            LaneState lane,
            LaneDeltas deltas,
            LongSupplier millis,
            Consumer<String> adapterSeen) {
        this.decoder = decoder;
        this.lane = lane;
        this.deltas = deltas;
        this.millis = millis;
        this.adapterSeen = adapterSeen;
    }

    @Override
    public int batch(long sequence, byte[] payload, int from, int to) {
        lane.begin(millis.getAsLong());
        DecodedBatch batch = decoder.decode(payload, from, to, sink);
        lane.end(sequence, sequence);
        if (batch.dropped() > 0) {
            for (int i = 0; i < KvDropReason.COUNT; i++) {
                drops.addAndGet(i, batch.dropped(KvDropReason.of(i)));
            }
        }
        LaneCounters counters = lane.counters();
        if (isPartial || counters.overflows() != overflowsSoFar) {
            followTurnover(counters);
        }
        return batch.dataParallelRank();
    }

    private void followTurnover(LaneCounters counters) {
        if (counters.overflows() != overflowsSoFar || counters.unknownRemovals() != unknownSoFar) {
            isPartial = true;
            restartTurnover(counters);
        } else if (counters.removedBlocks() - removedAtStart >= Math.max(MIN_TURNOVER, lane.heldBlocks())) {
            coverage(true);
        }
    }

    private void restartTurnover(LaneCounters counters) {
        removedAtStart = counters.removedBlocks();
        unknownSoFar = counters.unknownRemovals();
        overflowsSoFar = counters.overflows();
    }

    /** The lane was restored from this epoch of the publisher; before the first batch. */
    public void resume(int number) {
        epoch = number;
    }

    @Override
    public void newEpoch(int number) {
        epoch = number;
        lane.newEpoch(number);
    }

    @Override
    public void clear() {
        lane.newEpoch(epoch);
    }

    @Override
    public void coverage(boolean isComplete) {
        isPartial = !isComplete;
        restartTurnover(lane.counters());
        deltas.coverage(isComplete);
    }

    /** Events that could not be used, and batches that broke off. */
    public long dropped(KvDropReason reason) {
        return drops.get(reason.ordinal());
    }

    /** The lane that follows the source. */
    public LaneState lane() {
        return lane;
    }

    private final class Sink implements KvEventSink {

        @Override
        public void stored(StoredBlocks blocks) {
            String adapter = blocks.adapter;
            if (adapter != null && !adapter.equals(lastAdapter)) {
                lastAdapter = adapter;
                adapterSeen.accept(adapter);
            }
            lane.stored(blocks);
        }

        @Override
        public void removed(RemovedBlocks blocks) {
            lane.removed(blocks);
        }

        @Override
        public void cleared() {
            lane.cleared();
            // What is empty is known in full.
            coverage(true);
        }
    }
}
