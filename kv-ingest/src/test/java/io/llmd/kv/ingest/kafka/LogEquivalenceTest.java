package io.llmd.kv.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.kafka.ReplicaListener.Event;
import io.llmd.kv.lane.LaneDeltas;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a replica knows through the log is what a reader without a log knows, whatever happens on the way. */
class LogEquivalenceTest {

    private static final LaneDescription LANE = Lanes.lane("pod/0", 7, MemoryLog.PARTITION);
    private static final Duration NEVER = Duration.ofHours(1);

    private interface Batch {
        void play(ModelOwner owner);
    }

    /** Row 31. */
    @ParameterizedTest
    @Tag("kv-index-31")
    @ValueSource(longs = {1, 2})
    void directAndThroughTheLogAreTheSame(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemoryLog log = new MemoryLog();
        ModelLane direct = new ModelLane();
        ModelOwner truth = new ModelOwner();
        truth.tells(direct);
        int term = 1;
        ModelOwner owner = new ModelOwner();
        LanePublisher publisher = log.open(LANE, term, SnapshotPlace.FIRST, owner, Duration.ofSeconds(60));
        owner.tells(publisher);
        MemoryLog.Reader replica = log.new Reader(LANE);
        List<Batch> engineRing = new ArrayList<>();
        Map<Event, Integer> happened = new EnumMap<>(Event.class);
        int queries = 0;
        for (int sequence = 0; sequence < 100_000; sequence++) {
            Batch batch = randomBatch(random, sequence);
            engineRing.add(batch);
            batch.play(truth);
            batch.play(owner);
            log.nowNanos += 10_000_000;
            if (random.nextInt(4) == 0) {
                publisher.tick(log.nowNanos);
            }
            if (random.nextInt(5_000) == 0) {
                LanePublisher lost = publisher;
                owner = takenOver(log, engineRing);
                publisher = log.open(
                        LANE, ++term, SnapshotPlace.after(log.snapshotsOf(LANE.id())), owner, Duration.ofSeconds(60));
                owner.tells(publisher);
                publisher.tick(log.nowNanos);
                lost.stored(StorageTier.GPU, 0, 0, new long[] {-1}, new long[1], 0, 1);
                lost.tick(log.nowNanos);
            }
            if (random.nextInt(3_000) == 0) {
                count(replica, happened);
                replica = log.new Reader(LANE);
            }
            if (random.nextInt(200) == 0) {
                replica.rewind(Math.max(0, log.end() - random.nextInt(50)));
            }
            if (random.nextInt(100) == 0) {
                settle(log, publisher, replica);
                assertThat(replica.lane(7).copy()).isEqualTo(direct.copy());
                assertThat(replica.lane(7).lastSequence()).isEqualTo(direct.lastSequence());
                assertThat(replica.lane(7).isComplete()).isTrue();
                for (int i = 0; i < 10; i++, queries++) {
                    long[] prompt = prompt(random);
                    StorageTier tier = StorageTier.of(random.nextInt(2));
                    assertThat(replica.lane(7).matched(tier, prompt)).isEqualTo(direct.matched(tier, prompt));
                }
            }
        }
        assertThat(queries).isGreaterThan(8_000);
        assertThat(term).isGreaterThan(5);
        assertThat(happened.get(Event.DUPLICATE)).isGreaterThan(100);
        assertThat(happened.get(Event.WAITING)).isGreaterThan(3);
        assertThat(happened.get(Event.OLD_TERM)).isGreaterThan(3);
        assertThat(happened.get(Event.SNAPSHOT_LOADED)).isGreaterThan(20);
        assertThat(happened.get(Event.WENT_BACK)).isGreaterThan(3);
        assertThat(happened.get(Event.HOLE)).isNull();
    }

    private static void count(MemoryLog.Reader replica, Map<Event, Integer> happened) {
        for (Event event : Event.values()) {
            int count = replica.recorded.count(event);
            if (count > 0) {
                happened.merge(event, count, Integer::sum);
            }
        }
    }

    /** Row 31 with the index itself at both ends: every lane, tier and number of blocks is the same. */
    @Test
    @Tag("kv-index-31")
    void anIndexBehindTheLogAnswersAsOneThatIsFedDirectly() {
        SplittableRandom random = new SplittableRandom(3);
        MemoryLog log = new MemoryLog();
        BlockIndex direct = new BlockIndex(IndexSettings.DEFAULT);
        List<ModelOwner> owners = new ArrayList<>();
        List<LanePublisher> publishers = new ArrayList<>();
        LaneDescription[] lanes = new LaneDescription[3];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = Lanes.lane("pod" + i + "/0", i + 1, MemoryLog.PARTITION);
            ModelOwner owner = new ModelOwner();
            LanePublisher publisher = log.open(lanes[i], 1, SnapshotPlace.FIRST, owner, Duration.ofSeconds(60));
            owner.tells(publisher, direct.addLane(lanes[i].id(), 0));
            owners.add(owner);
            publishers.add(publisher);
        }
        IndexedReplica indexed = new IndexedReplica();
        MemoryLog.Reader replica = log.new Reader(indexed, lanes);
        int matches = 0;
        for (int sequence = 0; sequence < 30_000; sequence++) {
            randomBatch(random, sequence).play(owners.get(random.nextInt(lanes.length)));
            log.nowNanos += 10_000_000;
            if (random.nextInt(2_000) == 0) {
                indexed = new IndexedReplica();
                replica = log.new Reader(indexed, lanes);
            }
            if (random.nextInt(200) == 0) {
                replica.rewind(Math.max(0, log.end() - random.nextInt(50)));
            }
            if (sequence % 30 == 0) {
                for (LanePublisher each : publishers) {
                    settle(log, each, replica);
                }
                for (int i = 0; i < 10; i++) {
                    long[] prompt = prompt(random);
                    Map<String, List<Integer>> expected = answer(direct, prompt);
                    assertThat(answer(indexed.index, prompt)).isEqualTo(expected);
                    matches += expected.size();
                }
            }
        }
        assertThat(matches).as("10 000 queries do match something").isGreaterThan(2_000);
    }

    private static Map<String, List<Integer>> answer(BlockIndex index, long[] prompt) {
        PrefixLookup lookup = new PrefixLookup();
        index.match(prompt, prompt.length, lookup);
        Map<String, List<Integer>> answer = new HashMap<>();
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            answer.put(
                    lookup.lane(at).endpoint(),
                    List.of(lookup.blocks(at), lookup.blocks(at, StorageTier.GPU), lookup.blocks(at, StorageTier.CPU)));
        }
        return answer;
    }

    /** A replica's lanes in an index of its own. */
    private static final class IndexedReplica implements LaneTargets {

        private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
        private final Map<Integer, IndexLane> lanes = new HashMap<>();

        @Override
        public LaneDeltas lane(LaneDescription lane) {
            IndexLane added = index.addLane(lane.id(), lane.spec().rank());
            lanes.put(lane.number(), added);
            return added;
        }

        @Override
        public void removed(int laneNumber) {
            index.removeLane(lanes.remove(laneNumber));
        }
    }

    /** Row 65. */
    @Test
    @Tag("kv-index-65")
    void aNewOwnerResolvesRemovalsOfBlocksThatOnlyTheSnapshotKnows() {
        MemoryLog log = new MemoryLog();
        ModelOwner first = new ModelOwner();
        LanePublisher publisher = log.open(LANE, 3, SnapshotPlace.FIRST, first, NEVER);
        first.tells(publisher);
        first.store(StorageTier.GPU, 0, 1, 2, 3);
        first.store(StorageTier.GPU, 0, 1);
        first.applied(0);
        publisher.tick(0);
        publisher.tick(1);
        assertThat(log.published.snapshots).hasValue(1);
        first.store(StorageTier.GPU, 3, 4);
        first.applied(1);
        publisher.tick(2);
        MemoryLog.Reader replica = log.new Reader(LANE);
        replica.readAll();

        LaneSnapshots found = log.snapshotsOf(LANE.id());
        ModelOwner second = new ModelOwner();
        second.restore(found.newestComplete());
        assertThat(second.lastSequence()).isZero();
        LanePublisher next = log.open(LANE, 9, SnapshotPlace.after(found), second, NEVER);
        second.tells(next);
        second.store(StorageTier.GPU, 3, 4);
        second.applied(1);
        second.remove(StorageTier.GPU, 1, 2, 3);
        second.applied(2);
        settle(log, next, replica);

        assertThat(replica.lane(7).copy()).containsExactlyInAnyOrder(held(1), held(4));
        second.remove(StorageTier.GPU, 1, 4);
        second.applied(3);
        settle(log, next, replica);
        assertThat(replica.lane(7).copy()).isEmpty();
        assertThat(log.new Reader(LANE).lane(7).copy()).containsExactlyInAnyOrder(held(1), held(4));
    }

    private static ModelLane.Held held(long engineHash) {
        return new ModelLane.Held(StorageTier.GPU, 0, ModelOwner.key(engineHash));
    }

    private static ModelOwner takenOver(MemoryLog log, List<Batch> engineRing) {
        ModelOwner owner = new ModelOwner();
        var newest = log.snapshotsOf(LANE.id()).newestComplete();
        if (newest != null) {
            owner.restore(newest);
        }
        for (long sequence = owner.lastSequence() + 1; sequence < engineRing.size(); sequence++) {
            engineRing.get((int) sequence).play(owner);
        }
        return owner;
    }

    private static void settle(MemoryLog log, LanePublisher publisher, MemoryLog.Reader replica) {
        for (int i = 0; i < 3; i++) {
            publisher.tick(log.nowNanos);
            replica.readAll();
        }
    }

    private static Batch randomBatch(SplittableRandom random, long sequence) {
        int kind = random.nextInt(1_000);
        StorageTier tier = StorageTier.of(random.nextInt(2));
        long chain = random.nextInt(20) * 100L;
        long from = chain + random.nextInt(1, 30);
        long[] hashes = random.longs(random.nextInt(1, 6), 1, 2_000).toArray();
        int count = random.nextInt(1, 12);
        return owner -> {
            if (kind < 480) {
                long[] run = new long[count];
                for (int i = 0; i < count; i++) {
                    run[i] = from + i;
                }
                owner.store(tier, from == chain + 1 ? 0 : from - 1, run);
            } else if (kind < 998) {
                owner.remove(tier, hashes);
            } else {
                owner.clear(tier);
            }
            owner.applied(sequence);
        };
    }

    private static long[] prompt(SplittableRandom random) {
        long[] keys = new long[20];
        long chain = random.nextInt(20) * 100L + random.nextInt(1, 20);
        for (int i = 0; i < keys.length; i++) {
            keys[i] = ModelOwner.key(chain + i);
        }
        return keys;
    }
}
