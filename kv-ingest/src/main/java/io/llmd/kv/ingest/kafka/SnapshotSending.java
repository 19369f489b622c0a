package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotHead;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.LongFunction;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Brings one snapshot into the log, step by step and without waiting: the offset of the last delta before the cut, then all
 * chunks, then the head, then tombstones for chunks that a larger snapshot left. For the lane's thread.
 */
final class SnapshotSending {

    /*
     * The generation of the last whole set is never written to, so the last set stays whole until the next one is. An
     * owner that lost the lane and does not know it may write to the same generation at the same time; then neither set is
     * whole in that generation, since sets have ids that no two owners share, readers use the other generation's, and the
     * new owner's next snapshot mends it.
     */

    /** Chunks on their way at a time. */
    private static final int WINDOW = 4;

    private static final Runnable NOTHING = () -> {};

    private final Producer<byte[], byte[]> producer;
    private final LaneDescription lane;
    private final String topic;
    private final SnapshotPlace place;
    private final SnapshotChunks content;
    private final Ack lastDelta;
    private final LongFunction<SnapshotCut> cutAt;
    private final Queue<Ack> underWay = new ArrayDeque<>();
    private @Nullable String failure;
    private List<byte[]> chunks = List.of();
    private @Nullable SnapshotCut cut;
    private int sent;
    private @Nullable Ack head;
    private long sizeBytes;

    /**
     * @param lastDelta the last delta before the cut
     * @param cutAt the cut, by the offset that follows that delta
     */
    SnapshotSending(
            Producer<byte[], byte[]> producer,
            LaneDescription lane,
            SnapshotPlace place,
            SnapshotChunks content,
            Ack lastDelta,
            LongFunction<SnapshotCut> cutAt) {
        this.producer = producer;
        this.lane = lane;
        topic = new KvTopics(lane.spec().pool()).snapshots();
        this.place = place;
        this.content = content;
        this.lastDelta = lastDelta;
        this.cutAt = cutAt;
    }

    /** Goes as far as it can now; says whether it is over, with or without success. */
    boolean advance() {
        if (failure != null || lastDelta.isFailed()) {
            failure = failure == null ? "the delta before the cut was lost" : failure;
            return true;
        }
        if (lastDelta.isPending()) {
            return false;
        }
        if (cut == null) {
            cut = cutAt.apply(lastDelta.offset() + 1);
            chunks = content.seal(cut);
        }
        sendChunks();
        if (failure == null && head == null && sent == chunks.size() && underWay.isEmpty()) {
            head = sendHead(cut);
        }
        return failure != null || (head != null && isHeadThere(head));
    }

    private void sendChunks() {
        while (!underWay.isEmpty() && !underWay.element().isPending()) {
            fail(underWay.remove());
        }
        while (failure == null && underWay.size() < WINDOW && sent < chunks.size()) {
            byte[] chunk = chunks.get(sent);
            sizeBytes += chunk.length;
            underWay.add(send(new SnapshotKey(lane.id(), place.generation(), sent), chunk));
            sent++;
        }
    }

    private Ack sendHead(SnapshotCut at) {
        SnapshotHead written = SnapshotHead.of(at, place.generation(), chunks, chunks.size(), content.blocks());
        return send(SnapshotKey.head(lane.id()), written.toBytes());
    }

    private boolean isHeadThere(Ack sentHead) {
        if (sentHead.isPending()) {
            return false;
        }
        fail(sentHead);
        for (int i = chunks.size(); failure == null && i < place.chunkKeys(); i++) {
            send(new SnapshotKey(lane.id(), place.generation(), i), null);
        }
        return true;
    }

    private void fail(Ack ack) {
        if (ack.isFailed() && failure == null) {
            failure = "a chunk or the head was not taken";
        }
    }

    private Ack send(SnapshotKey key, byte @Nullable [] value) {
        Ack ack = new Ack(NOTHING, reason -> {});
        ack.send(producer, new ProducerRecord<>(topic, lane.partition(), key.toBytes(), value));
        return ack;
    }

    /** Why it is over without success; null with success. */
    @Nullable
    String failure() {
        return failure;
    }

    /** Where the next snapshot goes. */
    SnapshotPlace nextPlace() {
        return failure == null ? place.written(chunks.size()) : place.abandoned(sent);
    }

    long blocks() {
        return content.blocks();
    }

    long sizeBytes() {
        return sizeBytes;
    }
}
