package io.llmd.kv.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.ingest.kafka.ReplicaListener.Event;
import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.lane.RemovalMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How a replica starts, follows and notices what is wrong, with a log in memory. */
class FollowedLanesTest {

    private static final LaneDescription LANE = Lanes.lane("pod/0", 7, MemoryLog.PARTITION);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final MemoryLog log = new MemoryLog();
    private final ModelOwner owner = new ModelOwner();

    /** Row 55. */
    @Test
    @Tag("kv-index-55")
    void recordsBelowTheCutOfTheSnapshotAreSkipped() {
        LanePublisher publisher = open(1, owner);
        for (int i = 1; i <= 10; i++) {
            store(publisher, owner, i);
        }
        settle(publisher);
        MemoryLog.Reader early = log.new Reader(LANE);
        for (int i = 11; i <= 15; i++) {
            store(publisher, owner, i);
        }
        early.rewind(0);
        early.readAll();
        assertThat(early.recorded.count(Event.DUPLICATE)).isPositive();
        assertThat(early.recorded.count(Event.HOLE)).isZero();
        assertThat(early.lane(7).copy()).hasSize(15);
    }

    /** Row 57. */
    @Test
    @Tag("kv-index-57")
    void recordsOfAnOlderTermAreIgnored() {
        LanePublisher old = open(1, owner);
        settle(old);
        MemoryLog.Reader replica = log.new Reader(LANE);
        LanePublisher next = open(2, new ModelOwner());
        settle(next);
        replica.readAll();
        store(old, owner, 5);
        replica.readAll();
        assertThat(replica.lane(7).copy()).isEmpty();
        assertThat(replica.recorded.count(Event.OLD_TERM)).isEqualTo(1);
        assertThat(replica.status(7).term()).isEqualTo(2);
    }

    /** Row 58. */
    @Test
    @Tag("kv-index-58")
    void aHoleMakesTheLaneStaleUntilASnapshotFromBehindItComes() {
        ModelOwner known = new ModelOwner();
        LanePublisher publisher = log.open(LANE, 1, SnapshotPlace.FIRST, known, Duration.ofSeconds(20));
        known.tells(publisher);
        publisher.tick(0);
        publisher.tick(0);
        MemoryLog.Reader replica = log.new Reader(LANE);
        replica.readAll();
        known.store(StorageTier.GPU, 0, 1);
        publisher.tick(1);
        replica.skip(1);
        known.store(StorageTier.GPU, 0, 2);
        publisher.tick(2);
        replica.readAll();
        assertThat(replica.recorded.count(Event.HOLE)).isEqualTo(1);
        assertThat(replica.recorded.snapshotsNeeded()).isEqualTo(1);
        assertThat(replica.status(7).isStale()).isTrue();
        assertThat(replica.lane(7).isComplete()).isFalse();
        assertThat(replica.lane(7).copy()).hasSize(1);

        known.store(StorageTier.GPU, 0, 3);
        publisher.tick(21 * SECOND);
        publisher.tick(21 * SECOND);
        replica.readAll();
        assertThat(replica.status(7).isStale()).isFalse();
        assertThat(replica.lane(7).isComplete()).isTrue();
        assertThat(replica.lane(7).copy()).hasSize(3);
    }

    @Test
    void aHigherTermLeavesTheOldStateReadableUntilItsSnapshot() {
        LanePublisher old = open(1, owner);
        store(old, owner, 1);
        settle(old);
        MemoryLog.Reader replica = log.new Reader(LANE);
        ModelOwner second = new ModelOwner();
        second.store(StorageTier.GPU, 0, 1, 2);
        LanePublisher next = open(2, second);
        next.tick(0);
        int snapshotRecords = log.snapshots.history().size();
        store(next, second, 3);
        replica.readAll();

        assertThat(snapshotRecords).as("of the first owner and no head yet").isEqualTo(3);
        assertThat(replica.status(7).isWaiting()).isTrue();
        assertThat(replica.lane(7).copy()).hasSize(1);
        settle(next);
        replica.readAll();
        assertThat(replica.status(7).isWaiting()).isFalse();
        assertThat(replica.lane(7).copy()).hasSize(3);
    }

    @Test
    void aSnapshotOfCopiesThatAreCountedInAnotherWayIsNotTaken() {
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        settle(publisher);
        LaneDescription chunked = new LaneDescription(
                LANE.spec().withCounting(new CopyCounting(RemovalMode.PHYSICAL, 4)), 7, MemoryLog.PARTITION);

        MemoryLog.Reader replica = log.new Reader(chunked);

        assertThat(replica.recorded.count(Event.SNAPSHOT_REFUSED)).isOne();
        assertThat(replica.recorded.count(Event.SNAPSHOT_LOADED)).isZero();
        assertThat(replica.lane(7).copy()).isEmpty();
        replica.readAll();
        settle(open(2, owner));
        replica.readAll();
        assertThat(replica.recorded.count(Event.SNAPSHOT_REFUSED)).isEqualTo(2);
        assertThat(replica.recorded.count(Event.SNAPSHOT_LOADED)).isZero();
        assertThat(replica.status(7).isWaiting()).isTrue();
    }

    @Test
    void aSnapshotThatDoesNotComeIsWaitedForFiveSeconds() {
        LanePublisher old = open(1, owner);
        store(old, owner, 1);
        settle(old);
        MemoryLog.Reader replica = log.new Reader(LANE);
        ModelOwner second = new ModelOwner();
        LanePublisher next = open(2, second);
        next.tick(0);
        store(next, second, 3);
        replica.readAll();
        log.nowNanos = 5 * SECOND - 1;
        replica.readAll();
        assertThat(replica.lane(7).copy()).hasSize(1);

        log.nowNanos = 5 * SECOND;
        replica.readAll();
        assertThat(replica.recorded.count(Event.WAIT_OVER)).isEqualTo(1);
        assertThat(replica.lane(7).holds(ModelOwner.key(3))).isTrue();
        assertThat(replica.lane(7).copy()).hasSize(1);
        assertThat(replica.lane(7).isComplete())
                .as("what the owner knew before")
                .isFalse();

        settle(next);
        replica.readAll();
        assertThat(replica.lane(7).isComplete()).isTrue();
    }

    /** Row 39. */
    @Test
    @Tag("kv-index-39")
    void recordsOfALaneThatIsGoneDoNotReachItsReplacement() {
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        MemoryLog.Reader replica = log.new Reader(LANE);
        replica.readAll();
        assertThat(replica.lane(7).copy()).hasSize(1);
        replica.lanes.laneRecord(MemoryLog.record(KvTopics.LANES, 5, LANE.spec().key(), null), 0);
        LaneDescription replacement = Lanes.lane("other-uid/0", 8, MemoryLog.PARTITION);
        replica.describe(replacement, 6);
        store(publisher, owner, 2);
        replica.rewind(0);
        replica.readAll();
        assertThat(replica.recorded.lanes).containsOnlyKeys(8);
        assertThat(replica.lane(8).copy()).isEmpty();
        assertThat(replica.recorded.count(Event.UNKNOWN_LANE)).isPositive();
    }

    @Test
    void aDeltaThatComesBeforeItsLanesDescriptionIsReadAgain() {
        MemoryLog.Reader replica = log.new Reader();
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        replica.readAll();
        assertThat(replica.recorded.lanes).isEmpty();
        replica.describe(LANE, 1);
        replica.readAll();
        assertThat(replica.lane(7).copy()).hasSize(1);
        assertThat(replica.recorded.count(Event.HOLE)).isZero();
    }

    /** Row B92 of the reliability specification. */
    @Test
    @Tag("bad-input-B92")
    void recordsThatAreOfNoUseDoNoHarm() {
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        MemoryLog.Reader replica = log.new Reader(LANE);
        replica.readAll();
        byte[] good = log.deltas.history().getLast().value();

        take(replica, LANE.spec().key(), null);
        take(replica, LANE.spec().key(), new byte[2 << 20]);
        take(
                replica,
                LANE.spec().key(),
                "{\"schema\": 12345, \"padding to be as long as a head\": 1}".getBytes(StandardCharsets.UTF_8));
        take(replica, "other/0".getBytes(StandardCharsets.UTF_8), good);
        take(replica, LANE.spec().key(), with(good, 2, 2));
        take(replica, LANE.spec().key(), with(good, 40, 99));
        take(replica, null, good);

        assertThat(replica.recorded.count(Event.SKIPPED)).isEqualTo(2);
        assertThat(replica.recorded.count(Event.FOREIGN)).isEqualTo(2);
        assertThat(replica.recorded.count(Event.UNKNOWN_VERSION)).isEqualTo(1);
        assertThat(replica.recorded.count(Event.DEAD_LETTER)).isEqualTo(2);
        assertThat(replica.dead).containsExactly("TOO_LONG at 0", "UNKNOWN_OPERATION at 40");
        store(publisher, owner, 2);
        replica.readAll();
        assertThat(replica.lane(7).copy()).hasSize(2);
        assertThat(replica.recorded.count(Event.HOLE)).isZero();
    }

    @Test
    void changedRecordsNeverStopTheReplica() {
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        settle(publisher);
        MemoryLog.Reader replica = log.new Reader(LANE);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 20_000; i++) {
            ProducerRecord<byte[], byte[]> any = random.nextBoolean()
                    ? log.deltas.history().getLast()
                    : log.snapshots.history().get(random.nextInt(2));
            byte[] value = any.value().clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                value[random.nextInt(value.length)] = (byte) random.nextInt();
            }
            take(replica, any.key(), value);
            replica.lanes.snapshotRecord(MemoryLog.record("snapshots", i, any.key(), value), 0);
            replica.lanes.firstSnapshotRecord(MemoryLog.record("snapshots", i, any.key(), value));
            replica.lanes.laneRecord(MemoryLog.record("lanes", i, any.key(), value), 0);
        }
        assertThat(replica.recorded.count(Event.DEAD_LETTER)).isPositive();
        assertThat(replica.recorded.lanes).containsOnlyKeys(7);
    }

    @Test
    void aTakerThatFailsMakesItsLaneStaleAndNoOther() {
        LanePublisher publisher = open(1, owner);
        store(publisher, owner, 1);
        RecordedReplica recorded = new RecordedReplica();
        LaneTargets failing = new LaneTargets() {
            @Override
            public LaneDeltas lane(LaneDescription lane) {
                return new FailingLane();
            }

            @Override
            public void removed(int laneNumber) {}
        };
        FollowedLanes lanes = new FollowedLanes(Lanes.POOL, failing, recorded, (record, reason) -> {});
        lanes.laneRecord(MemoryLog.record("lanes", 0, LANE.spec().key(), new LaneRecord(LANE, "o").toBytes()), 0);
        for (int i = 0; i < log.end(); i++) {
            ProducerRecord<byte[], byte[]> each = log.deltas.history().get(i);
            lanes.deltaRecord(MemoryLog.record(each.topic(), i, each.key(), each.value()), 0, 0);
        }
        assertThat(recorded.count(Event.DEAD_LETTER)).isPositive();
        assertThat(lanes.followers().iterator().next().status().isStale()).isTrue();
    }

    @Test
    void lanesOfOtherPoolsAreNotFollowed() {
        MemoryLog.Reader replica = log.new Reader();
        LaneSpec foreign = new LaneSpec("x/0", "elsewhere", "e", "u", 0, "m", 16, "xxh64", "", "");
        replica.describe(new LaneDescription(foreign, 3, 0), 0);
        assertThat(replica.recorded.lanes).isEmpty();
    }

    @Test
    @Tag("kv-index-59")
    @Tag("fault-F36")
    void silenceHalvesAMatchAndThenMakesItWorthless() {
        LaneStatus status = new LaneStatus(LANE, 1, 0, 100, false, false, false);
        assertThat(status.weight(SECOND)).isEqualTo(1);
        assertThat(status.weight(5 * SECOND)).isEqualTo(0.5);
        assertThat(status.weight(30 * SECOND)).isZero();
        assertThat(status.stalenessNanos(SECOND)).isEqualTo(SECOND + 100_000_000);
    }

    private LanePublisher open(int term, ModelOwner state) {
        LanePublisher publisher = log.open(LANE, term, SnapshotPlace.after(log.snapshotsOf(LANE.id())), state, NEVER);
        state.tells(publisher);
        return publisher;
    }

    /** The lane holds one more block and publishes it; does not go on with snapshots. */
    private static void store(LanePublisher publisher, ModelOwner state, long hash) {
        state.store(StorageTier.GPU, 0, hash);
        publisher.flush();
    }

    private static void settle(LanePublisher publisher) {
        for (int i = 0; i < 3; i++) {
            publisher.tick(0);
        }
    }

    private static void take(MemoryLog.Reader replica, byte @Nullable [] key, byte @Nullable [] value) {
        replica.lanes.deltaRecord(MemoryLog.record("events", 99, key, value), 0, 0);
    }

    private static byte[] with(byte[] record, int at, int value) {
        byte[] changed = record.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static final class FailingLane implements LaneDeltas {

        @Override
        public void stored(StorageTier t, int g, long p, long[] keys, long[] hashes, int from, int count) {
            throw new IllegalStateException("full");
        }

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
            throw new IllegalStateException("full");
        }

        @Override
        public void cleared(int tierMask) {
            throw new IllegalStateException("full");
        }

        @Override
        public void epoch(int epoch) {
            throw new IllegalStateException("full");
        }

        @Override
        public void coverage(boolean isComplete) {
            throw new IllegalStateException("full");
        }

        @Override
        public void applied(long firstSequence, long lastSequence) {
            throw new IllegalStateException("full");
        }
    }
}
