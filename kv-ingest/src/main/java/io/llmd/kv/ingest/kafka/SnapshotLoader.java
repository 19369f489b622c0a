package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.LaneSnapshots;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the snapshots of lanes, for an owner that takes them over. Holds both generations of all wanted lanes in memory:
 * about 2 MB for each lane with 62 500 blocks.
 */
public final class SnapshotLoader {

    private final KafkaConnection connection;

    public SnapshotLoader(KafkaConnection connection) {
        this.connection = connection;
    }

    /**
     * Reads the partition of snapshots from begin to end; blocks.
     *
     * @param laneIds the lanes wanted, all of one partition
     * @param limit how long it may take
     * @return the snapshots of each lane, of which there may be none or only incomplete ones
     * @throws KafkaException when no broker answers, the topic does not exist or time is over
     */
    public Map<String, LaneSnapshots> load(KvTopics topics, int partition, Set<String> laneIds, Duration limit) {
        Map<String, LaneSnapshots> found = new HashMap<>();
        laneIds.forEach(id -> found.put(id, new LaneSnapshots()));
        TopicPartition place = new TopicPartition(topics.snapshots(), partition);
        long deadline = System.nanoTime() + limit.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(connection.reader())) {
            consumer.assign(List.of(place));
            consumer.seekToBeginning(List.of(place));
            boolean isDone = TopicReader.readToEnd(
                    consumer, List.of(place), () -> System.nanoTime() - deadline < 0, record -> take(record, found));
            if (!isDone) {
                throw new KafkaException("snapshots were not read in " + limit);
            }
        }
        return found;
    }

    private static void take(ConsumerRecord<byte[], byte[]> record, Map<String, LaneSnapshots> found) {
        SnapshotKey key = SnapshotKey.read(record.key());
        LaneSnapshots snapshots = key == null ? null : found.get(key.laneId());
        if (key != null && snapshots != null) {
            put(key, record.value(), snapshots);
        }
    }

    /** Brings a record to the snapshots of its lane; says whether it could be read. */
    static boolean put(SnapshotKey key, byte @Nullable [] value, LaneSnapshots snapshots) {
        if (value == null) {
            if (!key.isHead()) {
                snapshots.chunkRemoved(key.generation(), key.chunk());
            }
            return true;
        }
        return key.isHead()
                ? snapshots.head(value) == null
                : snapshots.chunk(key.generation(), key.chunk(), value) == null;
    }
}
