package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.LaneSnapshots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** One partition of deltas and one of snapshots, in memory, and replicas that read them. */
final class MemoryLog {

    static final int PARTITION = 0;

    final MockProducer<byte[], byte[]> deltas = producer();
    final MockProducer<byte[], byte[]> snapshots = producer();
    final RecordedPublisher published = new RecordedPublisher();
    long nowNanos;

    private static MockProducer<byte[], byte[]> producer() {
        return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    LanePublisher open(LaneDescription lane, int term, SnapshotPlace place, OwnedLane state, Duration interval) {
        return new LanePublisher(
                lane, term, 0, place, state, deltas, snapshots, published, interval, () -> nowNanos / 1_000_000);
    }

    int end() {
        return deltas.history().size();
    }

    LaneSnapshots snapshotsOf(String laneId) {
        LaneSnapshots found = new LaneSnapshots();
        for (ProducerRecord<byte[], byte[]> each : snapshots.history()) {
            SnapshotKey key = SnapshotKey.read(each.key());
            if (key != null && key.laneId().equals(laneId)) {
                SnapshotLoader.put(key, each.value(), found);
            }
        }
        return found;
    }

    static ConsumerRecord<byte[], byte[]> record(String topic, long offset, byte[] key, byte[] value) {
        return new ConsumerRecord<>(topic, PARTITION, offset, key, value);
    }

    /** A replica that starts with the snapshots that are there, and reads on when it is told. */
    final class Reader {

        final RecordedReplica recorded = new RecordedReplica();
        final List<String> dead = new ArrayList<>();
        final FollowedLanes lanes;
        private int position;
        private int snapshotPosition;

        Reader(LaneDescription... described) {
            this(null, described);
        }

        /** @param targets take the lanes; models do by default */
        Reader(@Nullable LaneTargets targets, LaneDescription... described) {
            lanes = new FollowedLanes(
                    Lanes.POOL, targets == null ? recorded : targets, recorded, (record, reason) -> dead.add(reason));
            for (int i = 0; i < described.length; i++) {
                describe(described[i], i);
            }
            List<ProducerRecord<byte[], byte[]>> chunks = snapshots.history();
            for (; snapshotPosition < chunks.size(); snapshotPosition++) {
                lanes.firstSnapshotRecord(snapshotRecord(chunks));
            }
            long cut = lanes.loadFirst(PARTITION, nowNanos);
            position = cut == Long.MAX_VALUE ? 0 : (int) cut;
        }

        void describe(LaneDescription lane, long offset) {
            lanes.laneRecord(
                    record(KvTopics.LANES, offset, lane.spec().key(), new LaneRecord(lane, "owner").toBytes()),
                    nowNanos);
        }

        /** Reads all there is; deltas before snapshots or after. */
        void readAll() {
            do {
                List<ProducerRecord<byte[], byte[]>> all = deltas.history();
                for (; position < all.size(); position++) {
                    ProducerRecord<byte[], byte[]> each = all.get(position);
                    lanes.deltaRecord(record(each.topic(), position, each.key(), each.value()), nowNanos, 0);
                }
                List<ProducerRecord<byte[], byte[]>> chunks = snapshots.history();
                for (; snapshotPosition < chunks.size(); snapshotPosition++) {
                    lanes.snapshotRecord(snapshotRecord(chunks), nowNanos);
                }
                lanes.expire(nowNanos);
            } while (goBack());
        }

        private boolean goBack() {
            Map<Integer, Long> places = lanes.takeGoBack();
            places.values().forEach(place -> {
                if (place < position) {
                    recorded.happened(ReplicaListener.Event.WENT_BACK);
                    rewind(place);
                }
            });
            lanes.wentBack(PARTITION);
            return !places.isEmpty();
        }

        /** Reads again from an earlier place. */
        void rewind(long offset) {
            position = (int) Math.min(position, offset);
        }

        void skip(int records) {
            position += records;
        }

        ModelLane lane(int number) {
            return recorded.lane(number);
        }

        LaneStatus status(int number) {
            return lanes.followers().stream()
                    .filter(each -> each.lane().number() == number)
                    .findFirst()
                    .orElseThrow()
                    .status();
        }

        private ConsumerRecord<byte[], byte[]> snapshotRecord(List<ProducerRecord<byte[], byte[]>> chunks) {
            ProducerRecord<byte[], byte[]> each = chunks.get(snapshotPosition);
            return record(each.topic(), snapshotPosition, each.key(), each.value());
        }
    }
}
