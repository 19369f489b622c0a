package io.llmd.kv.ingest.kafka;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the changes and snapshots of all lanes that this process owns. Safe from any thread; each
 * {@link LanePublisher} belongs to one.
 *
 * <p>While no broker answers up to 64 MiB of deltas of all lanes wait; a lane whose record finds no room is broken and needs
 * a new term. Snapshots wait elsewhere, in 64 MiB of their own, and are given up before they hinder deltas.
 */
public final class DeltaPublisher implements AutoCloseable {

    /** Bytes of deltas of all lanes that wait for brokers. */
    public static final long BUFFER_BYTES = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(DeltaPublisher.class);
    private static final String LINGER_MILLIS = "2";
    private static final String BATCH_BYTES = "" + (128 << 10);
    private static final String NO_WAIT_MILLIS = "20";
    private static final String DELIVERY_LIMIT_MILLIS =
            "" + Duration.ofMinutes(10).toMillis();
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final Producer<byte[], byte[]> deltas;
    private final Producer<byte[], byte[]> snapshots;
    private final PublisherListener listener;
    private final Duration snapshotInterval;
    private final LongSupplier clockMillis;

    /**
     * A publisher that connects in the background.
     *
     * @param snapshotInterval time between snapshots of a lane, {@link SnapshotSchedule#INTERVAL} usually
     * @param clockMillis milliseconds since 1970, for signs of life
     * @throws org.apache.kafka.common.KafkaException when a property of the clients is wrong
     */
    public DeltaPublisher(
            KafkaConnection connection,
            PublisherListener listener,
            Duration snapshotInterval,
            LongSupplier clockMillis) {
        this(connection, listener, snapshotInterval, clockMillis, BUFFER_BYTES);
    }

    DeltaPublisher(
            KafkaConnection connection,
            PublisherListener listener,
            Duration snapshotInterval,
            LongSupplier clockMillis,
            long bufferBytes) {
        this.listener = Objects.requireNonNull(listener, "listener");
        this.snapshotInterval = Objects.requireNonNull(snapshotInterval, "snapshotInterval");
        this.clockMillis = Objects.requireNonNull(clockMillis, "clockMillis");
        deltas = new KafkaProducer<>(properties(connection, bufferBytes, LINGER_MILLIS, BATCH_BYTES));
        snapshots = new KafkaProducer<>(properties(connection, BUFFER_BYTES, "0", "16384"));
    }

    private static Map<String, Object> properties(
            KafkaConnection connection, long bufferBytes, String lingerMillis, String batchBytes) {
        Map<String, Object> properties = connection.writer();
        properties.put("buffer.memory", "" + bufferBytes);
        properties.put("linger.ms", lingerMillis);
        properties.put("batch.size", batchBytes);
        properties.put("max.block.ms", NO_WAIT_MILLIS);
        properties.put("delivery.timeout.ms", DELIVERY_LIMIT_MILLIS);
        return properties;
    }

    /**
     * Begins a term of a lane. The first {@link LanePublisher#tick} sends a record and cuts a snapshot. Waits up to ten
     * seconds for the brokers to tell where the lane's partition is; without an answer the first record breaks the lane.
     *
     * @param term the claim's, from {@link LaneOwner#acquired}
     * @param epoch the engine's
     * @param place where the next snapshot goes
     * @param state what the lane holds now
     */
    public LanePublisher open(LaneDescription lane, int term, int epoch, SnapshotPlace place, OwnedLane state) {
        prepare(lane);
        return new LanePublisher(
                lane, term, epoch, place, state, deltas, snapshots, listener, snapshotInterval, clockMillis);
    }

    /** Waits as {@link #open} does, so that an open that follows soon does not. */
    public void prepare(LaneDescription lane) {
        KvTopics topics = new KvTopics(lane.spec().pool());
        warmUp(deltas, topics.events(), lane.partition());
        warmUp(snapshots, topics.snapshots(), lane.partition());
    }

    private static void warmUp(Producer<byte[], byte[]> producer, String topic, int partition) {
        long deadline = System.nanoTime()
                + Duration.ofMillis(KafkaConnection.CALL_LIMIT_MILLIS).toNanos();
        while (System.nanoTime() - deadline < 0) {
            try {
                if (producer.partitionsFor(topic).size() <= partition) {
                    LOG.atDebug().addKeyValue("topic", topic).log("the lane's partition is not known yet");
                }
                return;
            } catch (TimeoutException e) {
                LOG.atTrace().addKeyValue("topic", topic).log("partitions are not known yet");
            }
        }
    }

    /** Sends what waits, for two seconds at most, and ends. */
    @Override
    public void close() {
        deltas.close(CLOSE_LIMIT);
        snapshots.close(CLOSE_LIMIT);
    }
}
