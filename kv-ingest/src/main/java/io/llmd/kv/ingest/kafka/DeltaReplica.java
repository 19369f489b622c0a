package io.llmd.kv.ingest.kafka;

import io.llmd.kv.ingest.kafka.ReplicaListener.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all lanes of a pool and tells their changes to {@link LaneTargets}. Every replica reads everything, without a
 * group. It starts from the owners' snapshots and goes on in the log where they were cut.
 *
 * <p>All of it happens on one thread, between {@link #start} and {@link #stop}. While no broker answers, what is known stays
 * and grows old, see {@link LaneStatus}.
 */
public final class DeltaReplica {

    private static final Logger LOG = LoggerFactory.getLogger(DeltaReplica.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long STATUS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long READY_LAG_MILLIS = 500;
    private static final long READY_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long STOP_LIMIT_SECONDS = 5;

    private final KafkaConnection connection;
    private final KvTopics topics;
    private final LaneTargets targets;
    private final ReplicaListener listener;
    private final LongSupplier nanoClock;
    private final LongSupplier clockMillis;
    private volatile boolean isRunning;
    private volatile ReplicaStatus status = ReplicaStatus.STARTING;
    private @Nullable Thread thread;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /**
     * A replica that has not started.
     *
     * @param nanoClock monotonic clock
     * @param clockMillis milliseconds since 1970, to say how old records are
     */
    public DeltaReplica(
            KafkaConnection connection,
            KvTopics topics,
            LaneTargets targets,
            ReplicaListener listener,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        this.connection = Objects.requireNonNull(connection, "connection");
        this.topics = Objects.requireNonNull(topics, "topics");
        this.targets = Objects.requireNonNull(targets, "targets");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        this.clockMillis = Objects.requireNonNull(clockMillis, "clockMillis");
    }

    /** Starts; once. @throws KafkaException when a property of the clients is wrong */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("started before");
        }
        KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(connection.reader());
        consumer = reader;
        isRunning = true;
        thread =
                Thread.ofPlatform().daemon().name("kv-replica-" + topics.pool()).start(() -> run(reader));
    }

    /** Stops, and waits five seconds at most. What the lanes held stays with their takers. */
    public synchronized void stop() {
        Thread running = thread;
        KafkaConsumer<byte[], byte[]> reader = consumer;
        if (running == null || reader == null) {
            return;
        }
        isRunning = false;
        reader.wakeup();
        try {
            running.join(TimeUnit.SECONDS.toMillis(STOP_LIMIT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How far the replica is; at most a few hundred milliseconds old while it runs. From any thread. */
    public ReplicaStatus status() {
        return status;
    }

    private void run(KafkaConsumer<byte[], byte[]> reader) {
        try (reader;
                DeadLetters deadLetters = new DeadLetters(connection, topics)) {
            while (isRunning) {
                runOnce(reader, deadLetters);
            }
        }
    }

    private void runOnce(KafkaConsumer<byte[], byte[]> reader, DeadLetters deadLetters) {
        Run run = new Run(reader, new FollowedLanes(topics.pool(), targets, listener, deadLetters::note));
        try {
            run.start();
            while (isRunning) {
                turn(run);
            }
        } catch (WakeupException stopping) {
            LOG.atDebug().log("the replica stops");
        } catch (OffsetOutOfRangeException e) {
            LOG.atWarn().addKeyValue("pool", topics.pool()).log("the log was cut off here; all is read anew");
            listener.happened(Event.STARTED_ANEW);
            run.discard();
        } catch (KafkaException e) {
            run.discard();
            trouble(e);
        }
    }

    /** What is known stays when the brokers make trouble. */
    private void turn(Run run) {
        try {
            run.turn();
        } catch (WakeupException | OffsetOutOfRangeException e) {
            throw e;
        } catch (KafkaException e) {
            trouble(e);
        }
    }

    private void trouble(KafkaException e) {
        LOG.atWarn()
                .addKeyValue("pool", topics.pool())
                .addKeyValue("reason", e.getMessage())
                .log("lanes cannot be followed now");
        status = new ReplicaStatus(status.isReady(), true, status.lanes());
        pause();
    }

    private void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
        } catch (InterruptedException stopping) {
            isRunning = false;
        }
    }

    /** From reading everything from its begin until the log breaks off or the replica stops. */
    private final class Run {

        private final KafkaConsumer<byte[], byte[]> reader;
        private final FollowedLanes lanes;
        private final Map<Integer, Long> newestMillis = new HashMap<>();
        private final Map<Integer, Long> goBack = new HashMap<>();
        private List<TopicPartition> lanePartitions = List.of();
        private int partitions;
        private long startedNanos;
        private boolean isReady;
        private long toldNanos;

        Run(KafkaConsumer<byte[], byte[]> reader, FollowedLanes lanes) {
            this.reader = reader;
            this.lanes = lanes;
        }

        /** Lanes first, then snapshots a partition at a time, then the log from where they were cut. */
        void start() {
            lanePartitions = TopicReader.partitions(reader, KvTopics.LANES);
            partitions = TopicReader.partitions(reader, topics.events()).size();
            reader.assign(lanePartitions);
            reader.seekToBeginning(lanePartitions);
            readToEnd(lanePartitions, this::take);
            Map<TopicPartition, Long> places = new HashMap<>();
            for (int partition = 0; partition < partitions && isRunning; partition++) {
                startPartition(partition, places);
            }
            assign();
            places.forEach(reader::seek);
            lanes.takeGoBack();
            for (int partition = 0; partition < partitions; partition++) {
                lanes.wentBack(partition);
            }
            startedNanos = nanoClock.getAsLong();
            toldNanos = startedNanos - STATUS_NANOS;
        }

        private void startPartition(int partition, Map<TopicPartition, Long> places) {
            TopicPartition snapshots = new TopicPartition(topics.snapshots(), partition);
            List<TopicPartition> both = new ArrayList<>(lanePartitions);
            both.add(snapshots);
            reader.assign(both);
            reader.seekToBeginning(List.of(snapshots));
            readToEnd(List.of(snapshots), this::takeFirst);
            places.put(snapshots, reader.position(snapshots));
            TopicPartition events = new TopicPartition(topics.events(), partition);
            long cut = lanes.loadFirst(partition, nanoClock.getAsLong());
            places.put(events, firstPlace(events, Math.min(cut, sinceClaims(events))));
        }

        private void readToEnd(List<TopicPartition> what, Consumer<ConsumerRecord<byte[], byte[]>> taker) {
            TopicReader.readToEnd(reader, what, () -> isRunning, taker);
        }

        /** Where the log stood when the first lane that shows no snapshot was claimed. */
        private long sinceClaims(TopicPartition events) {
            long oldest = Long.MAX_VALUE;
            for (LaneFollower each : lanes.followers()) {
                LaneTable.Entry entry = lanes.entry(each);
                if (each.lane().partition() == events.partition() && !each.hasBasis() && entry.isClaimed()) {
                    oldest = Math.min(oldest, entry.timestampMillis());
                }
            }
            if (oldest == Long.MAX_VALUE) {
                return Long.MAX_VALUE;
            }
            OffsetAndTimestamp found =
                    reader.offsetsForTimes(Map.of(events, oldest)).get(events);
            return found == null ? Long.MAX_VALUE : found.offset();
        }

        private long firstPlace(TopicPartition events, long wanted) {
            List<TopicPartition> one = List.of(events);
            long begin = reader.beginningOffsets(one).getOrDefault(events, 0L);
            long end = reader.endOffsets(one).getOrDefault(events, begin);
            return Math.clamp(wanted, begin, Math.max(begin, end));
        }

        private void assign() {
            List<TopicPartition> all = new ArrayList<>(lanePartitions);
            for (int partition = 0; partition < partitions; partition++) {
                all.add(new TopicPartition(topics.events(), partition));
                all.add(new TopicPartition(topics.snapshots(), partition));
            }
            reader.assign(all);
        }

        void turn() {
            for (ConsumerRecord<byte[], byte[]> each : reader.poll(POLL)) {
                take(each);
            }
            lanes.expire(nanoClock.getAsLong());
            lanes.takeGoBack().forEach((partition, offset) -> goBack.merge(partition, offset, Math::min));
            goBack();
            grow();
            tell();
        }

        private void takeFirst(ConsumerRecord<byte[], byte[]> record) {
            if (record.topic().equals(topics.snapshots())) {
                lanes.firstSnapshotRecord(record);
            } else {
                take(record);
            }
        }

        private void take(ConsumerRecord<byte[], byte[]> record) {
            long now = nanoClock.getAsLong();
            try {
                if (record.topic().equals(topics.events())) {
                    newestMillis.put(record.partition(), record.timestamp());
                    lanes.deltaRecord(record, now, clockMillis.getAsLong());
                } else if (record.topic().equals(topics.snapshots())) {
                    lanes.snapshotRecord(record, now);
                } else {
                    lanes.laneRecord(record, now);
                }
            } catch (KafkaException e) {
                throw e;
            } catch (RuntimeException e) {
                LOG.atError()
                        .addKeyValue("topic", record.topic())
                        .addKeyValue("partition", record.partition())
                        .addKeyValue("offset", record.offset())
                        .setCause(e)
                        .log("a record was not taken");
            }
        }

        private void goBack() {
            Iterator<Map.Entry<Integer, Long>> all = goBack.entrySet().iterator();
            while (all.hasNext()) {
                Map.Entry<Integer, Long> each = all.next();
                goBack(each.getKey(), each.getValue());
                all.remove();
            }
        }

        private void goBack(int partition, long offset) {
            TopicPartition events = new TopicPartition(topics.events(), partition);
            if (partition < partitions && reader.position(events) > offset) {
                reader.seek(events, offset);
                listener.happened(Event.WENT_BACK);
            }
            lanes.wentBack(partition);
        }

        /** Reads partitions that were added since, from their begin. */
        private void grow() {
            int needed = partitions;
            for (LaneFollower each : lanes.followers()) {
                needed = Math.max(needed, each.lane().partition() + 1);
            }
            if (needed == partitions) {
                return;
            }
            int before = partitions;
            partitions = needed;
            assign();
            List<TopicPartition> added = new ArrayList<>();
            for (int partition = before; partition < partitions; partition++) {
                added.add(new TopicPartition(topics.events(), partition));
                added.add(new TopicPartition(topics.snapshots(), partition));
            }
            reader.seekToBeginning(added);
        }

        private void tell() {
            long now = nanoClock.getAsLong();
            if (now - toldNanos < STATUS_NANOS) {
                return;
            }
            toldNanos = now;
            isReady = isReady || now - startedNanos >= READY_LIMIT_NANOS || (isCaughtUp() && isEveryLaneKnown());
            Map<Integer, LaneStatus> all = new HashMap<>();
            for (LaneFollower each : lanes.followers()) {
                all.put(each.lane().number(), each.status());
            }
            status = new ReplicaStatus(isReady, false, all);
        }

        private boolean isCaughtUp() {
            long now = clockMillis.getAsLong();
            for (int partition = 0; partition < partitions; partition++) {
                OptionalLong lag = reader.currentLag(new TopicPartition(topics.events(), partition));
                boolean isNear = now - newestMillis.getOrDefault(partition, 0L) < READY_LAG_MILLIS;
                if (lag.isEmpty() || (lag.getAsLong() > 0 && !isNear)) {
                    return false;
                }
            }
            return true;
        }

        private boolean isEveryLaneKnown() {
            for (LaneFollower each : lanes.followers()) {
                if (!each.hasBasis() && lanes.entry(each).isClaimed()) {
                    return false;
                }
            }
            return true;
        }

        void discard() {
            lanes.discard();
        }
    }
}
