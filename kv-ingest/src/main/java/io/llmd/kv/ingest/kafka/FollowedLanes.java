package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.DeltaReading;
import io.llmd.kv.delta.DeltaRecordReader;
import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotHead;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.ingest.kafka.LaneTable.Change;
import io.llmd.kv.ingest.kafka.ReplicaListener.Event;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of a pool as a replica follows them: takes records of the three topics and says where in the log it must go
 * back to. Knows no broker and no clock; for one thread.
 */
final class FollowedLanes {

    /*
     * Topics are read independently, so a delta can come before its lane's description. Where the first record of an
     * unknown number was is noted, for a minute, and once the lane is described the log is read again from there.
     */

    private static final int MAX_UNKNOWN = 1_024;
    private static final long UNKNOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Bytes of chunks that wait for their head; a lane whose chunks find no room waits for its next snapshot. */
    static final long MAX_CHUNK_BYTES = 256L << 20;

    private record Place(int partition, long offset, long seenNanos) {}

    private final String pool;
    private final LaneTargets targets;
    private final ReplicaListener listener;
    private final DeadLetterBox deadLetters;
    private final DeltaRecordReader reader = new DeltaRecordReader();
    private final LaneTable table = new LaneTable();
    private final Map<Integer, LaneFollower> byNumber = new HashMap<>();
    private final Map<String, LaneFollower> byId = new HashMap<>();
    private final Map<String, LaneSnapshots> assembling = new HashMap<>();
    private final Map<Integer, Place> unknown = new LinkedHashMap<>();
    private final Map<Integer, Long> goBack = new HashMap<>();

    /** Takes note of records that cannot be read. */
    interface DeadLetterBox {
        void note(ConsumerRecord<byte[], byte[]> record, String reason);
    }

    FollowedLanes(String pool, LaneTargets targets, ReplicaListener listener, DeadLetterBox deadLetters) {
        this.pool = pool;
        this.targets = targets;
        this.listener = listener;
        this.deadLetters = deadLetters;
    }

    Collection<LaneFollower> followers() {
        return byNumber.values();
    }

    /** What is known about a lane; there is such a lane. */
    LaneTable.Entry entry(LaneFollower follower) {
        LaneTable.Entry entry = table.get(follower.lane().id());
        if (entry == null) {
            throw new IllegalStateException("lane " + follower.lane().number() + " is not described");
        }
        return entry;
    }

    /** Where partitions must be read again from, by number; empties the list. */
    Map<Integer, Long> takeGoBack() {
        if (goBack.isEmpty()) {
            return Map.of();
        }
        Map<Integer, Long> taken = Map.copyOf(goBack);
        goBack.clear();
        return taken;
    }

    /** A partition is read again from now on. */
    void wentBack(int partition) {
        for (LaneFollower each : byNumber.values()) {
            if (each.lane().partition() == partition) {
                each.wentBack();
            }
        }
    }

    /** Takes a description of a lane. */
    void laneRecord(ConsumerRecord<byte[], byte[]> record, long nowNanos) {
        switch (table.offer(record.key(), record.value(), record.offset(), record.timestamp())) {
            case Change.Put put -> {
                if (put.now().lane().spec().pool().equals(pool)) {
                    described(put.now().lane(), nowNanos);
                }
            }
            case Change.Removed removed -> gone(removed.before().lane());
            case Change.Unreadable unreadable -> listener.happened(Event.BAD_LANE);
            case Change.None none -> {}
        }
    }

    private void described(LaneDescription lane, long nowNanos) {
        LaneFollower known = byId.get(lane.id());
        if (known != null && known.isAt(lane)) {
            known.describedAs(lane);
            return;
        }
        if (known != null) {
            gone(known.lane());
        }
        if (byNumber.containsKey(lane.number())) {
            listener.happened(Event.BAD_LANE);
            return;
        }
        LaneFollower follower = new LaneFollower(lane, targets.lane(lane), nowNanos);
        byNumber.put(lane.number(), follower);
        byId.put(lane.id(), follower);
        Place missed = unknown.remove(lane.number());
        if (missed != null && missed.partition() == lane.partition() && nowNanos - missed.seenNanos() < UNKNOWN_NANOS) {
            goBack(follower, missed.offset());
        }
    }

    private void gone(LaneDescription lane) {
        LaneFollower follower = byId.remove(lane.id());
        assembling.remove(lane.id());
        if (follower != null) {
            byNumber.remove(follower.lane().number());
            targets.removed(follower.lane().number());
        }
    }

    /** Follows no lane any more. */
    void discard() {
        for (LaneFollower each : byNumber.values()) {
            targets.removed(each.lane().number());
        }
        byNumber.clear();
        byId.clear();
        assembling.clear();
    }

    /** Takes a record of deltas; none makes it throw. */
    void deltaRecord(ConsumerRecord<byte[], byte[]> record, long nowNanos, long nowMillis) {
        byte[] value = record.value();
        if (value == null) {
            listener.happened(Event.SKIPPED);
            return;
        }
        switch (reader.check(value)) {
            case DeltaReading.Bad bad -> unreadable(record, bad);
            case DeltaReading.Good good -> {
                LaneFollower follower = byNumber.get(good.head().lane());
                if (follower == null) {
                    unknown(good.head().lane(), record, nowNanos);
                } else if (follower.lane().partition() != record.partition()
                        || !Arrays.equals(follower.lane().spec().key(), record.key())) {
                    listener.happened(Event.FOREIGN);
                } else {
                    offer(follower, good, record, nowNanos, nowMillis);
                }
            }
        }
    }

    private void unreadable(ConsumerRecord<byte[], byte[]> record, DeltaReading.Bad bad) {
        switch (bad.fault()) {
            case WRONG_MAGIC -> listener.happened(Event.SKIPPED);
            case UNKNOWN_VERSION -> listener.happened(Event.UNKNOWN_VERSION);
            default -> dead(record, bad.fault() + " at " + bad.at());
        }
    }

    private void dead(ConsumerRecord<byte[], byte[]> record, String reason) {
        listener.happened(Event.DEAD_LETTER);
        deadLetters.note(record, reason);
    }

    private void unknown(int number, ConsumerRecord<byte[], byte[]> record, long nowNanos) {
        listener.happened(Event.UNKNOWN_LANE);
        Place known = unknown.get(number);
        if (known == null || nowNanos - known.seenNanos() >= UNKNOWN_NANOS) {
            unknown.remove(number);
            if (unknown.size() == MAX_UNKNOWN) {
                unknown.remove(unknown.keySet().iterator().next());
            }
            unknown.put(number, new Place(record.partition(), record.offset(), nowNanos));
        }
    }

    private void offer(
            LaneFollower follower,
            DeltaReading.Good good,
            ConsumerRecord<byte[], byte[]> record,
            long nowNanos,
            long nowMillis) {
        try {
            switch (follower.offer(good.head(), reader, record.value(), record.offset(), nowNanos)) {
                case APPLIED -> applied(follower, record, nowMillis);
                case APPLIED_AFTER_HOLE -> {
                    applied(follower, record, nowMillis);
                    listener.happened(Event.HOLE);
                    listener.snapshotNeeded(follower.lane());
                }
                case DUPLICATE -> listener.happened(Event.DUPLICATE);
                case OLD_TERM -> listener.happened(Event.OLD_TERM);
                case WAITING -> listener.happened(Event.WAITING);
                case READ_AGAIN -> {}
            }
        } catch (RuntimeException e) {
            follower.spoiled();
            dead(record, e.getClass().getSimpleName() + " of the taker");
            listener.snapshotNeeded(follower.lane());
        }
    }

    private void applied(LaneFollower follower, ConsumerRecord<byte[], byte[]> record, long nowMillis) {
        long lag = Math.max(0, nowMillis - record.timestamp());
        follower.lag(lag);
        listener.happened(Event.APPLIED);
        listener.latency(lag);
    }

    /** Takes a chunk or a head while following; a snapshot that is whole and tells more than is known is loaded. */
    void snapshotRecord(ConsumerRecord<byte[], byte[]> record, long nowNanos) {
        SnapshotKey key = SnapshotKey.read(record.key());
        LaneFollower follower = key == null ? null : byId.get(key.laneId());
        if (key == null || follower == null || record.value() == null) {
            return;
        }
        LaneSnapshots snapshots = assembling.get(key.laneId());
        if (key.isHead()) {
            refused(follower, SnapshotHead.read(record.value()));
            if (snapshots != null) {
                put(key, record.value(), snapshots);
                loadNamed(follower, snapshots, record.offset(), nowNanos);
            }
        } else if (isWanted(follower, record.value())) {
            put(key, record.value(), assembling.computeIfAbsent(key.laneId(), id -> new LaneSnapshots()));
            bound(key.laneId());
        }
    }

    private void refused(LaneFollower follower, @Nullable SnapshotHead head) {
        if (head != null && !follower.countsAs(head.cut())) {
            listener.happened(Event.SNAPSHOT_REFUSED);
        }
    }

    private static boolean isWanted(LaneFollower follower, byte[] chunk) {
        SnapshotCut cut = LaneSnapshots.cutOf(chunk);
        return cut != null && follower.wants(cut);
    }

    private void put(SnapshotKey key, byte[] value, LaneSnapshots snapshots) {
        if (!SnapshotLoader.put(key, value, snapshots)) {
            listener.happened(Event.SNAPSHOT_UNREADABLE);
        }
    }

    private void bound(String laneId) {
        long size = 0;
        for (LaneSnapshots each : assembling.values()) {
            size += each.sizeBytes();
        }
        if (size > MAX_CHUNK_BYTES) {
            assembling.remove(laneId);
            listener.happened(Event.SNAPSHOT_INCOMPLETE);
        }
    }

    private void loadNamed(LaneFollower follower, LaneSnapshots snapshots, long offset, long nowNanos) {
        SnapshotSet set = snapshots.named();
        if (set == null) {
            listener.happened(Event.SNAPSHOT_INCOMPLETE);
            return;
        }
        assembling.remove(follower.lane().id());
        if (follower.wants(set.cut())) {
            load(follower, set, nowNanos);
            goBack(follower, set.cut().nextOffset());
        }
    }

    /** Takes a chunk, head or tombstone of a known lane while reading all snapshots from their begin. */
    void firstSnapshotRecord(ConsumerRecord<byte[], byte[]> record) {
        SnapshotKey key = SnapshotKey.read(record.key());
        if (key == null || !byId.containsKey(key.laneId())) {
            return;
        }
        LaneSnapshots snapshots = assembling.computeIfAbsent(key.laneId(), id -> new LaneSnapshots());
        if (!SnapshotLoader.put(key, record.value(), snapshots)) {
            listener.happened(Event.SNAPSHOT_UNREADABLE);
        }
    }

    /**
     * Loads the newest whole snapshot of each lane of a partition.
     *
     * @return the smallest place in the log at which any of them was cut; {@link Long#MAX_VALUE} without any
     */
    long loadFirst(int partition, long nowNanos) {
        long smallest = Long.MAX_VALUE;
        for (LaneFollower follower : byNumber.values()) {
            if (follower.lane().partition() == partition) {
                LaneSnapshots snapshots = assembling.remove(follower.lane().id());
                SnapshotSet set = snapshots == null ? null : snapshots.newestComplete();
                if (set != null && follower.wants(set.cut())) {
                    load(follower, set, nowNanos);
                    smallest = Math.min(smallest, set.cut().nextOffset());
                } else if (set != null && !follower.countsAs(set.cut())) {
                    listener.happened(Event.SNAPSHOT_REFUSED);
                } else if (snapshots != null) {
                    listener.happened(Event.SNAPSHOT_INCOMPLETE);
                }
            }
        }
        return smallest;
    }

    private void load(LaneFollower follower, SnapshotSet set, long nowNanos) {
        try {
            follower.load(set, nowNanos);
            listener.happened(Event.SNAPSHOT_LOADED);
        } catch (RuntimeException e) {
            follower.spoiled();
            listener.snapshotNeeded(follower.lane());
        }
    }

    /** Ends waits that took too long. */
    void expire(long nowNanos) {
        for (LaneFollower each : byNumber.values()) {
            if (each.isWaitOver(nowNanos)) {
                goBack(each, each.endWait());
                listener.happened(Event.WAIT_OVER);
                listener.snapshotNeeded(each.lane());
            }
        }
    }

    private void goBack(LaneFollower follower, long offset) {
        follower.goesBack();
        goBack.merge(follower.lane().partition(), offset, Math::min);
    }
}
