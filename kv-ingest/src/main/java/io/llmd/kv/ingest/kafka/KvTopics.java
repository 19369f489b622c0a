package io.llmd.kv.ingest.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics of one pool (one model family with one block size and one kind of keys), and the topic of lanes that all pools
 * share. Lanes are bound to a partition by their description and never by a hash of their key, so partitions can be added.
 */
public record KvTopics(String pool) {

    /** Descriptions of the lanes of all pools, key lane id; compacted. Its number of partitions must not change. */
    public static final String LANES = "llmd.kv-lanes";

    /** Partitions of {@link #LANES}: at most as many owners share the work. */
    public static final int LANE_PARTITIONS = 12;

    /** Lanes that one partition of deltas takes; 64 is what a reader can, the rest is for lanes that come and go. */
    public static final int LANES_PER_PARTITION = 48;

    /** Partitions of deltas that a pool has at least. */
    public static final int MIN_PARTITIONS = 2;

    /** How long deltas stay: many times the interval of snapshots. */
    public static final Duration RETENTION = Duration.ofMinutes(30);

    private static final Pattern POOL = Pattern.compile("[a-zA-Z0-9._-]{1,150}");
    private static final Duration SNAPSHOT_TOMBSTONES = Duration.ofHours(1);
    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(7);

    public KvTopics {
        if (!POOL.matcher(pool).matches()) {
            throw new IllegalArgumentException("pool: " + pool + " (expected: 1 to 150 of a-z A-Z 0-9 . _ -)");
        }
    }

    /** Delta records, key lane id. */
    public String events() {
        return "llmd.kv-events." + pool;
    }

    /** Chunks and heads of snapshots, keys of {@link SnapshotKey}; as many partitions as {@link #events}. */
    public String snapshots() {
        return "llmd.kv-snapshots." + pool;
    }

    /** What is known about delta records that nobody can read; never their content. */
    public String deadLetters() {
        return "llmd.kv-events." + pool + ".dead-letters";
    }

    /** Partitions of deltas for a number of lanes. */
    public static int partitionsFor(int lanes) {
        return Math.max(MIN_PARTITIONS, Math.ceilDiv(lanes, LANES_PER_PARTITION));
    }

    /**
     * How topics are made.
     *
     * @param replication copies of each partition; empty leaves it to the brokers
     * @param lanes lanes that the pool is made for; more make it grow
     */
    public record Layout(Optional<Short> replication, int lanes) {

        /** The brokers' number of copies, and the fewest partitions. */
        public static final Layout DEFAULT = new Layout(Optional.empty(), 0);
    }

    /**
     * Makes the topics that do not exist; leaves those alone that do.
     *
     * @throws KafkaException when the brokers do not answer or refuse
     */
    public void create(KafkaConnection connection, Layout layout) {
        int partitions = partitionsFor(layout.lanes());
        try (Admin admin = Admin.create(connection.admin())) {
            List<NewTopic> topics = List.of(
                    topic(LANES, LANE_PARTITIONS, layout, lanesSettings()),
                    topic(events(), partitions, layout, eventsSettings()),
                    topic(snapshots(), partitions, layout, snapshotsSettings()),
                    topic(deadLetters(), 1, layout, deadLetterSettings()));
            Collection<KafkaFuture<Void>> made =
                    admin.createTopics(topics).values().values();
            for (var each : made) {
                await(each, TopicExistsException.class);
            }
        }
    }

    /**
     * Makes the pool's topics have at least a number of partitions.
     *
     * @throws KafkaException when the brokers do not answer or refuse
     */
    void grow(KafkaConnection connection, int partitions) {
        try (Admin admin = Admin.create(connection.admin())) {
            Map<String, NewPartitions> wanted = new HashMap<>();
            wanted.put(events(), NewPartitions.increaseTo(partitions));
            wanted.put(snapshots(), NewPartitions.increaseTo(partitions));
            for (var each :
                    new ArrayList<>(admin.createPartitions(wanted).values().values())) {
                await(each, InvalidPartitionsException.class);
            }
        }
    }

    private static NewTopic topic(String name, int partitions, Layout layout, Map<String, String> settings) {
        return new NewTopic(name, Optional.of(partitions), layout.replication()).configs(settings);
    }

    private static Map<String, String> lanesSettings() {
        return Map.of("cleanup.policy", "compact", "delete.retention.ms", millis(Duration.ofDays(1)));
    }

    private static Map<String, String> eventsSettings() {
        return Map.of(
                "cleanup.policy",
                "delete",
                "retention.ms",
                millis(RETENTION),
                "segment.ms",
                millis(RETENTION.dividedBy(6)),
                "segment.bytes",
                "" + (64 << 20));
    }

    private static Map<String, String> snapshotsSettings() {
        return Map.of(
                "cleanup.policy",
                "compact",
                "delete.retention.ms",
                millis(SNAPSHOT_TOMBSTONES),
                "segment.ms",
                millis(Duration.ofMinutes(10)),
                "segment.bytes",
                "" + (64 << 20),
                "min.cleanable.dirty.ratio",
                "0.3");
    }

    private static Map<String, String> deadLetterSettings() {
        return Map.of("cleanup.policy", "compact,delete", "retention.ms", millis(DEAD_LETTER_RETENTION));
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }

    private static void await(KafkaFuture<Void> future, Class<? extends Exception> alreadyDone) {
        try {
            future.get(KafkaConnection.CALL_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (!alreadyDone.isInstance(e.getCause())) {
                throw new KafkaException("topics could not be made", e.getCause());
            }
        } catch (TimeoutException e) {
            throw new KafkaException("no broker answers", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }
}
