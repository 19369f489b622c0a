package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.DeltaHead;
import io.llmd.kv.delta.DeltaRecordWriter;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the changes of one lane during one term of its owner. Never waits for the brokers. For the lane's thread, except
 * for {@link #isBroken}.
 *
 * <p>Changes are sent by {@link #tick}, which the lane's thread calls after each batch of the engine, or after some of
 * them, and every few milliseconds while there are none. When a record is lost the publisher is broken: it takes changes
 * without sending them, and its owner opens another one with a new term.
 */
public final class LanePublisher implements LaneDeltas {

    private static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LaneDescription lane;
    private final int term;
    private final OwnedLane state;
    private final Producer<byte[], byte[]> deltaProducer;
    private final Producer<byte[], byte[]> snapshotProducer;
    private final PublisherListener listener;
    private final LongSupplier clockMillis;
    private final DeltaRecordWriter writer;
    private final SnapshotSchedule schedule;
    private final byte[] key;
    private final String topic;
    private final AtomicBoolean isBroken = new AtomicBoolean();
    private final Runnable arrived;
    private SnapshotPlace place;
    private @Nullable Ack lastDelta;
    private @Nullable SnapshotSending sending;
    private int snapshots;
    private boolean hasSent;
    private long sentNanos;

    LanePublisher(
            LaneDescription lane,
            int term,
            int epoch,
            SnapshotPlace place,
            OwnedLane state,
            Producer<byte[], byte[]> deltaProducer,
            Producer<byte[], byte[]> snapshotProducer,
            PublisherListener listener,
            Duration snapshotInterval,
            LongSupplier clockMillis) {
        this.lane = lane;
        this.term = term;
        this.place = place;
        this.state = state;
        this.deltaProducer = deltaProducer;
        this.snapshotProducer = snapshotProducer;
        this.listener = listener;
        this.clockMillis = clockMillis;
        schedule = new SnapshotSchedule(snapshotInterval, lane.id());
        key = lane.spec().key();
        topic = new KvTopics(lane.spec().pool()).events();
        arrived = listener::acknowledged;
        writer = new DeltaRecordWriter(lane.number(), term, epoch, false, DeltaRecordWriter.DEFAULT_BYTES, this::send);
        writer.snapshotDue();
        writer.coverage(!state.isPartial());
    }

    public LaneDescription lane() {
        return lane;
    }

    public int term() {
        return term;
    }

    /** Whether a record was lost; from any thread. */
    public boolean isBroken() {
        return isBroken.get();
    }

    /** Where the next snapshot goes, for the next term's publisher. */
    public SnapshotPlace place() {
        SnapshotSending now = sending;
        return now == null ? place : now.nextPlace();
    }

    @Override
    public void stored(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        if (!isBroken()) {
            schedule.changed(count);
            writer.stored(tier, group, parentKey, keys, engineHashes, from, count);
        }
    }

    @Override
    public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
        if (!isBroken()) {
            schedule.changed(count);
            writer.removed(tier, group, keys, from, count);
        }
    }

    @Override
    public void cleared(int tierMask) {
        if (!isBroken()) {
            writer.cleared(tierMask);
        }
    }

    @Override
    public void epoch(int epoch) {
        if (!isBroken()) {
            writer.epoch(epoch);
        }
    }

    @Override
    public void coverage(boolean isComplete) {
        if (!isBroken()) {
            writer.coverage(isComplete);
        }
    }

    @Override
    public void applied(long firstSequence, long lastSequence) {
        if (!isBroken()) {
            writer.applied(firstSequence, lastSequence);
        }
    }

    /**
     * Sends what waits, or a sign of life after a second without any, and goes on with snapshots. Between two batches.
     *
     * @param nowNanos monotonic
     */
    public void tick(long nowNanos) {
        if (isBroken()) {
            return;
        }
        if (writer.hasPending()) {
            writer.flush();
            sentNanos = nowNanos;
        } else if (!hasSent || nowNanos - sentNanos >= HEARTBEAT_NANOS) {
            writer.heartbeat(clockMillis.getAsLong());
            sentNanos = nowNanos;
        }
        hasSent = true;
        snapshot(nowNanos);
    }

    /** Sends what waits, and nothing else. */
    void flush() {
        writer.flush();
    }

    private void snapshot(long nowNanos) {
        SnapshotSending now = sending;
        if (now == null && schedule.isDue(nowNanos, state.blocks())) {
            now = cut();
            sending = now;
            schedule.cut(nowNanos);
        }
        if (now != null && now.advance()) {
            over(now, nowNanos);
        }
    }

    private @Nullable SnapshotSending cut() {
        Ack last = lastDelta;
        if (last == null) {
            return null;
        }
        SnapshotChunks chunks = new SnapshotChunks();
        state.writeTo(chunks);
        long id = SnapshotCut.id(term, snapshots++);
        int epoch = writer.epoch();
        long records = writer.nextRecordSequence();
        long sequence = state.lastSequence();
        long hash = state.lastPayloadHash();
        boolean isPartial = writer.isPartial();
        return new SnapshotSending(
                snapshotProducer,
                lane,
                place,
                chunks,
                last,
                offset -> new SnapshotCut(
                        lane.number(),
                        term,
                        epoch,
                        id,
                        lane.partition(),
                        offset,
                        records,
                        sequence,
                        hash,
                        isPartial,
                        lane.spec().counting()));
    }

    private void over(SnapshotSending now, long nowNanos) {
        place = now.nextPlace();
        sending = null;
        String failure = now.failure();
        if (failure == null) {
            writer.snapshotCut();
            listener.snapshotWritten(lane, now.blocks(), now.sizeBytes());
        } else {
            schedule.failed(nowNanos);
            listener.snapshotFailed(lane, failure);
        }
    }

    private void send(DeltaHead head, byte[] bytes, int length) {
        if (isBroken()) {
            return;
        }
        Ack ack = new Ack(arrived, this::lost);
        lastDelta = ack;
        ack.send(deltaProducer, new ProducerRecord<>(topic, lane.partition(), key, Arrays.copyOf(bytes, length)));
        listener.sent(length);
    }

    private void lost(String reason) {
        if (isBroken.compareAndSet(false, true)) {
            listener.broken(lane, term, reason);
        }
    }
}
