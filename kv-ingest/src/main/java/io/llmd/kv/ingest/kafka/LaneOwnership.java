package io.llmd.kv.ingest.kafka;

import io.llmd.kv.ingest.kafka.LaneTable.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shares the lanes among the processes of a group: each serves the lanes in its partitions of the topic of lanes. A lane is
 * served after it was claimed, and the claim's place in the topic is the owner's term, so that no two owners have the same
 * and a later one has a greater one.
 *
 * <p>All of it happens on one thread, between {@link #start} and {@link #stop}. While no broker answers, lanes are kept: the
 * process goes on publishing, and whoever got the lanes meanwhile has a higher term.
 */
public final class LaneOwnership {

    /** The group of owners; those of one pool alone add a dot and its name. */
    public static final String GROUP = "llmd.kv-lane-owners";

    private static final Logger LOG = LoggerFactory.getLogger(LaneOwnership.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long FENCED_NANOS = TimeUnit.SECONDS.toNanos(8);
    private static final long STOP_LIMIT_SECONDS = 5;

    /** Where a lane that may be ours stands. */
    private static final class Hold {
        private final int partition;
        private boolean isClaiming;
        private long notBeforeNanos;
        private @Nullable LaneDescription served;
        private int term;

        Hold(int partition, long nowNanos) {
            this.partition = partition;
            notBeforeNanos = nowNanos;
        }
    }

    private record Lost(String laneId, int term) {}

    private record Claimed(Hold hold, LaneDescription lane, long offset) {}

    private final KafkaConnection connection;
    private final @Nullable String pool;
    private final String owner;
    private final LaneOwner lanes;
    private final LongSupplier nanoClock;
    private final LaneTable table = new LaneTable();
    private final Map<String, Hold> holds = new HashMap<>();
    private final Set<TopicPartition> unread = new HashSet<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Queue<Claimed> claimed = new ConcurrentLinkedQueue<>();
    private final Queue<Lost> reclaimed = new ConcurrentLinkedQueue<>();
    private volatile boolean isRunning;
    private @Nullable Thread thread;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    /**
     * A share in the lanes of all pools.
     *
     * @param owner name of this process, unlike that of any other and of its own former lives
     * @param nanoClock monotonic clock
     */
    public LaneOwnership(KafkaConnection connection, String owner, LaneOwner lanes, LongSupplier nanoClock) {
        this(connection, null, owner, lanes, nanoClock);
    }

    /**
     * A share in the lanes of one pool, whose owners are a group of their own.
     *
     * @param pool null for all pools; a lane must not be offered to owners of both kinds
     * @param owner name of this process, unlike that of any other and of its own former lives
     * @param nanoClock monotonic clock
     */
    public LaneOwnership(
            KafkaConnection connection, @Nullable String pool, String owner, LaneOwner lanes, LongSupplier nanoClock) {
        this.pool = pool;
        if (owner.isEmpty()) {
            throw new IllegalArgumentException("owner: empty (expected: a name)");
        }
        this.connection = Objects.requireNonNull(connection, "connection");
        this.owner = owner;
        this.lanes = new GuardedOwner(Objects.requireNonNull(lanes, "lanes"));
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** Joins the group; once. @throws KafkaException when a property of the clients is wrong */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("started before");
        }
        Map<String, Object> properties = connection.writer();
        properties.put("linger.ms", "0");
        properties.put("max.block.ms", "100");
        properties.put("delivery.timeout.ms", KafkaConnection.CALL_LIMIT_MILLIS);
        Producer<byte[], byte[]> producer = new KafkaProducer<>(properties);
        KafkaConsumer<byte[], byte[]> reader =
                new KafkaConsumer<>(connection.member(pool == null ? GROUP : GROUP + "." + pool));
        isRunning = true;
        consumer = reader;
        thread = Thread.ofPlatform().daemon().name("kv-lane-owner").start(() -> run(producer, reader));
    }

    /** Leaves the group and releases all lanes; waits five seconds at most. */
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

    /**
     * Asks for a new term of a lane that is served, because a record of it was lost. From any thread; {@link LaneOwner} is
     * told when the brokers gave one.
     *
     * @param term the one in which the record was lost; nothing happens when there is a newer one
     */
    public void reclaim(String laneId, int term) {
        reclaimed.add(new Lost(laneId, term));
    }

    private void run(Producer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> reader) {
        try {
            reader.subscribe(List.of(KvTopics.LANES), new Partitions(reader));
            while (isRunning) {
                turn(producer, reader);
            }
        } finally {
            release(hold -> true);
            producer.close(Duration.ofSeconds(1));
            reader.close(CloseOptions.timeout(Duration.ofSeconds(2)));
        }
    }

    private void turn(Producer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> reader) {
        try {
            for (ConsumerRecord<byte[], byte[]> each : reader.poll(POLL)) {
                take(each);
            }
            markRead(reader);
        } catch (WakeupException stopping) {
            return;
        } catch (KafkaException e) {
            trouble(e);
        }
        confirm();
        for (Lost each = reclaimed.poll(); each != null; each = reclaimed.poll()) {
            reclaimNow(each);
        }
        claim(producer);
    }

    private void trouble(KafkaException e) {
        LOG.atWarn().addKeyValue("reason", e.getMessage()).log("lanes cannot be shared now");
        try {
            TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
        } catch (InterruptedException stopping) {
            isRunning = false;
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        switch (table.offer(record.key(), record.value(), record.offset(), record.timestamp())) {
            case Change.Put put -> put(put.now(), record.partition());
            case Change.Removed removed -> {
                Hold hold = holds.remove(removed.before().lane().id());
                if (hold != null) {
                    release(hold);
                }
            }
            case Change.Unreadable unreadable ->
                LOG.atWarn()
                        .addKeyValue("partition", record.partition())
                        .addKeyValue("offset", record.offset())
                        .log("a description of a lane cannot be read");
            case Change.None none -> {}
        }
    }

    private void put(LaneTable.Entry entry, int partition) {
        if (pool != null && !pool.equals(entry.lane().spec().pool())) {
            return;
        }
        long now = nanoClock.getAsLong();
        Hold hold = holds.computeIfAbsent(entry.lane().id(), id -> new Hold(partition, now));
        LaneDescription served = hold.served;
        if (served == null) {
            return;
        }
        boolean isForeign = !entry.owner().equals(owner) && Integer.compareUnsigned(entry.term(), hold.term) > 0;
        if (isForeign) {
            LOG.atWarn().addKeyValue("lane", served.id()).log("another process claimed a lane that is served here");
            release(hold);
            hold.notBeforeNanos = now + FENCED_NANOS;
        } else if (!entry.lane().equals(served)) {
            release(hold);
        }
    }

    /** Notes which partitions were read up to where they ended when they were assigned. */
    private void markRead(KafkaConsumer<byte[], byte[]> reader) {
        if (unread.isEmpty()) {
            return;
        }
        List<TopicPartition> unknown =
                unread.stream().filter(each -> !ends.containsKey(each)).toList();
        if (!unknown.isEmpty()) {
            ends.putAll(reader.endOffsets(unknown));
        }
        unread.removeIf(each -> reader.position(each) >= ends.getOrDefault(each, Long.MAX_VALUE));
        ends.keySet().retainAll(unread);
    }

    private void claim(Producer<byte[], byte[]> producer) {
        long now = nanoClock.getAsLong();
        for (Map.Entry<String, Hold> each : holds.entrySet()) {
            Hold hold = each.getValue();
            LaneTable.Entry entry = table.get(each.getKey());
            boolean isReady = hold.served == null
                    && !hold.isClaiming
                    && now - hold.notBeforeNanos >= 0
                    && !unread.contains(new TopicPartition(KvTopics.LANES, hold.partition));
            if (entry != null && isReady) {
                claim(producer, hold, entry.lane(), now);
            }
        }
    }

    private void claim(Producer<byte[], byte[]> producer, Hold hold, LaneDescription lane, long now) {
        hold.isClaiming = true;
        hold.notBeforeNanos = now + RETRY_NANOS;
        byte[] value = new LaneRecord(lane, owner).toBytes();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(KvTopics.LANES, hold.partition, lane.spec().key(), value);
        try {
            producer.send(
                    record,
                    (metadata, exception) ->
                            claimed.add(new Claimed(hold, lane, exception == null ? metadata.offset() : -1)));
        } catch (KafkaException e) {
            claimed.add(new Claimed(hold, lane, -1));
        }
    }

    private void confirm() {
        for (Claimed each = claimed.poll(); each != null; each = claimed.poll()) {
            each.hold().isClaiming = false;
            LaneTable.Entry entry = table.get(each.lane().id());
            if (entry != null && isOurs(each, entry)) {
                each.hold().served = each.lane();
                each.hold().term = LaneTable.term(each.offset());
                lanes.acquired(each.lane(), each.hold().term);
            }
        }
    }

    /** Whether a claim arrived, nobody claimed the lane after it, and it still describes the lane. */
    private boolean isOurs(Claimed claim, LaneTable.Entry entry) {
        boolean isNewest = entry.owner().equals(owner)
                || Integer.compareUnsigned(entry.term(), LaneTable.term(claim.offset())) < 0;
        return claim.offset() >= 0
                && holds.get(claim.lane().id()) == claim.hold()
                && isNewest
                && entry.lane().equals(claim.lane());
    }

    private void reclaimNow(Lost lost) {
        Hold hold = holds.get(lost.laneId());
        if (hold != null && hold.served != null && hold.term == lost.term()) {
            hold.served = null;
            hold.notBeforeNanos = nanoClock.getAsLong();
        }
    }

    private void release(Hold hold) {
        LaneDescription served = hold.served;
        if (served != null) {
            hold.served = null;
            lanes.released(served);
        }
    }

    private void release(Predicate<Hold> which) {
        List<String> gone = new ArrayList<>();
        holds.forEach((id, hold) -> {
            if (which.test(hold)) {
                gone.add(id);
                release(hold);
            }
        });
        gone.forEach(holds::remove);
    }

    /** Keeps failures of a lane's owner from the other lanes. */
    private record GuardedOwner(LaneOwner owner) implements LaneOwner {

        @Override
        public void acquired(LaneDescription lane, int term) {
            guard(lane, () -> owner.acquired(lane, term));
        }

        @Override
        public void released(LaneDescription lane) {
            guard(lane, () -> owner.released(lane));
        }

        private static void guard(LaneDescription lane, Runnable call) {
            try {
                call.run();
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("lane", lane.id()).setCause(e).log("a lane's owner failed");
            }
        }
    }

    private final class Partitions implements ConsumerRebalanceListener {

        private final KafkaConsumer<byte[], byte[]> reader;

        Partitions(KafkaConsumer<byte[], byte[]> reader) {
            this.reader = reader;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            unread.addAll(partitions);
            reader.seekToBeginning(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            unread.removeAll(partitions);
            release(hold -> partitions.contains(new TopicPartition(KvTopics.LANES, hold.partition)));
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            onPartitionsRevoked(partitions);
        }
    }
}
