package io.llmd.kv.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.ingest.kafka.ReplicaListener.Event;
import io.llmd.testsupport.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Owners and replicas with a real broker between them. */
@Timeout(120)
class KvLogIT {

    private static final Duration OFTEN = Duration.ofMillis(500);
    private static final Duration SELDOM = Duration.ofMinutes(10);

    private static KafkaBroker shared;

    @BeforeAll
    static void startBroker() {
        shared = KafkaBroker.start();
    }

    @AfterAll
    static void stopBroker() {
        shared.close();
    }

    @Test
    @Tag("kv-index-55")
    void replicasSeeWhatOwnersPublishAndLateOnesStartFromSnapshots(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", OFTEN);
                Replica early = site.replica()) {
            site.register(3);
            awaiting("all lanes are served").until(() -> site.served(owner) == 3);
            for (int hash = 1; hash <= 300; hash++) {
                site.engines.store(site.id(hash % 3), hash);
            }
            site.engines.remove(site.id(0), 3, 6, 9);
            awaiting("the replica is where the engines are").untilAsserted(() -> site.assertSame(early));
            awaiting("it is ready").until(() -> early.replica.status().isReady());
            awaiting("snapshots").until(() -> owner.published.snapshots.get() >= 6);

            try (Replica late = site.replica()) {
                awaiting("a late one as well").untilAsserted(() -> site.assertSame(late));
                assertThat(late.recorded.count(Event.SNAPSHOT_LOADED)).isGreaterThanOrEqualTo(3);
                assertThat(late.recorded.count(Event.HOLE)).isZero();
                site.engines.store(site.id(1), 10_000);
                awaiting("both go on").untilAsserted(() -> {
                    site.assertSame(early);
                    site.assertSame(late);
                });
                awaiting("all of it is known")
                        .untilAsserted(
                                () -> assertThat(late.replica.status().lanes().values())
                                        .hasSize(3)
                                        .noneMatch(LaneStatus::isPartial)
                                        .allMatch(lane -> lane.weight(System.nanoTime()) == 1));
            }
        }
    }

    @Test
    void aReplicaFollowsLanesThatComeAndGoAndPartitionsThatAreAdded(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", SELDOM);
                Replica replica = site.replica()) {
            site.register(1);
            awaiting("served").until(() -> site.served(owner) == 1);
            awaiting("followed").until(() -> replica.recorded.lanes.size() == 1);
            site.register(100);
            assertThat(site.lanes.values().stream()
                            .mapToInt(LaneDescription::partition)
                            .max())
                    .hasValue(2);
            awaiting("all are followed").until(() -> replica.recorded.lanes.size() == 100);
            awaiting("all are served").until(() -> site.served(owner) == 100);
            for (int lane = 0; lane < 100; lane++) {
                site.engines.store(site.id(lane), lane + 1);
            }
            awaiting("the replica is where the engines are").untilAsserted(() -> site.assertSame(replica));

            site.registry.remove(List.of(site.id(5)));
            int gone = site.lanes.remove(site.id(5)).number();
            awaiting("one is gone").until(() -> !replica.recorded.lanes.containsKey(gone));
            awaiting("released").until(() -> site.served(owner) == 99);
        }
    }

    /** Rows 57 and 65 on a real broker. */
    @Test
    @Tag("kv-index-57")
    @Tag("kv-index-65")
    void lanesMoveBetweenOwnersAndTheOldOnesAreFenced(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess first = site.owner("a", OFTEN);
                Replica replica = site.replica()) {
            site.register(8);
            awaiting("the only owner serves all").until(() -> site.served(first) == 8);
            Map<String, Integer> before = Map.copyOf(first.terms);
            for (int lane = 0; lane < 8; lane++) {
                site.engines.store(site.id(lane), 1, 2, 3);
            }
            awaiting("the replica is where the engines are").untilAsserted(() -> site.assertSame(replica));
            awaiting("snapshots").until(() -> first.published.snapshots.get() >= 16);
            try (OwnerProcess second = site.owner("b", OFTEN)) {
                awaiting("both have some")
                        .until(() -> site.served(second) > 0 && site.served(first) + site.served(second) == 8);
                first.leave();
                awaiting("the second has all").until(() -> site.served(second) == 8);
                site.lanes
                        .keySet()
                        .forEach(id -> assertThat(second.terms.get(id)).isGreaterThan(before.get(id)));
                for (int lane = 0; lane < 8; lane++) {
                    site.engines.remove(site.id(lane), 1);
                    site.engines.store(site.id(lane), 4);
                }
                awaiting("removals of what only snapshots knew").untilAsserted(() -> site.assertSame(replica));

                LaneDescription lane = site.lanes.get(site.id(0));
                site.zombie(lane, before.get(lane.id()));
                awaiting("the old term is ignored").until(() -> replica.recorded.count(Event.OLD_TERM) > 0);
                site.assertSame(replica);
            }
        }
    }

    @Test
    void aClaimOfAnotherProcessTakesALaneAwayAtOnce(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", SELDOM)) {
            site.register(1);
            awaiting("served").until(() -> site.served(owner) == 1);
            LaneDescription lane = site.lanes.get(site.id(0));
            int term = owner.terms.get(lane.id());
            site.send(KvTopics.LANES, null, lane.spec().key(), new LaneRecord(lane, "intruder").toBytes());
            awaiting("released").until(() -> site.served(owner) == 0);
            awaiting("claimed again, since the group still says so").until(() -> site.served(owner) == 1);
            assertThat(owner.terms.get(lane.id())).isGreaterThan(term + 1);
        }
    }

    @Test
    void aRecordThatNobodyCanReadGoesToTheDeadLettersWithoutItsContent(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", SELDOM);
                Replica replica = site.replica()) {
            site.register(1);
            awaiting("served").until(() -> site.served(owner) == 1);
            awaiting("followed").until(() -> replica.recorded.count(Event.APPLIED) > 0);
            LaneDescription lane = site.lanes.get(site.id(0));
            byte[] poison = new byte[48];
            byte[] head = {0x44, 0x4B, 1, 0};
            System.arraycopy(head, 0, poison, 0, head.length);
            poison[40] = 99;
            site.send(site.topics.events(), lane.partition(), lane.spec().key(), poison);
            site.send(site.topics.events(), lane.partition(), lane.spec().key(), null);
            site.send(site.topics.events(), lane.partition(), lane.spec().key(), new byte[] {1, 2, 3});
            site.engines.store(lane.id(), 1, 2);
            awaiting("the replica goes on").untilAsserted(() -> site.assertSame(replica));
            assertThat(replica.recorded.count(Event.DEAD_LETTER)).isEqualTo(2);
            assertThat(replica.recorded.count(Event.HOLE)).isZero();
            List<String> letters = site.read(site.topics.deadLetters(), 2);
            assertThat(letters.getFirst())
                    .startsWith("topic=" + site.topics.events() + " partition=" + lane.partition() + " offset=")
                    .endsWith(" bytes=48 reason=UNKNOWN_OPERATION at 40");
            assertThat(letters.get(1)).endsWith(" bytes=3 reason=TOO_SHORT at 0");
        }
    }

    @Test
    @Tag("kv-index-59")
    void aBrokerThatGoesAwayDelaysChangesAndLosesNone(TestInfo test) {
        try (KafkaBroker own = KafkaBroker.start();
                Site site = new Site(test, own);
                OwnerProcess owner = site.owner("a", SELDOM);
                Replica replica = site.replica()) {
            site.register(2);
            awaiting("served").until(() -> site.served(owner) == 2);
            site.engines.store(site.id(0), 1, 2);
            awaiting("before").untilAsserted(() -> site.assertSame(replica));

            own.goAway();
            site.engines.store(site.id(0), 3);
            site.engines.remove(site.id(0), 1);
            int number = site.lanes.get(site.id(0)).number();
            awaiting("staleness is told").until(() -> {
                LaneStatus status = replica.replica.status().lanes().get(number);
                return status != null && status.weight(System.nanoTime()) == 0.5;
            });
            assertThat(replica.recorded.lane(number).copy())
                    .as("what was known stays")
                    .hasSize(2);

            own.comeBack();
            awaiting("after").untilAsserted(() -> site.assertSame(replica));
            awaiting("fresh again").until(() -> {
                LaneStatus status = replica.replica.status().lanes().get(number);
                return status != null && status.weight(System.nanoTime()) == 1;
            });
        }
    }

    /** Row 59. */
    @Test
    @Tag("kv-index-59")
    void deltasThatFindNoRoomBumpTheTermAndReplicasRecoverFromTheSnapshot(TestInfo test) {
        try (KafkaBroker own = KafkaBroker.start();
                Site site = new Site(test, own);
                OwnerProcess owner = site.owner("a", SELDOM, 256 * 1024);
                Replica replica = site.replica()) {
            site.register(1);
            awaiting("served").until(() -> site.served(owner) == 1);
            site.engines.store(site.id(0), 1, 2);
            awaiting("before").untilAsserted(() -> site.assertSame(replica));
            int term = owner.terms.get(site.id(0));

            own.goAway();
            for (int hash = 10; hash < 60_000; hash++) {
                site.engines.store(site.id(0), hash);
            }
            awaiting("records find no room").until(() -> !owner.published.broken.isEmpty());
            own.comeBack();
            awaiting("after").untilAsserted(() -> site.assertSame(replica));
            assertThat(owner.terms.get(site.id(0))).isGreaterThan(term);
            assertThat(replica.recorded.count(Event.SNAPSHOT_LOADED)).isPositive();
        }
    }

    @Test
    void aReplicaThatSleptForTooLongReadsAllAnew(TestInfo test) throws Exception {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", OFTEN);
                Replica replica = site.replica()) {
            site.register(1);
            site.engines.store(site.id(0), 1, 2);
            awaiting("before").untilAsserted(() -> site.assertSame(replica));
            CountDownLatch wake = replica.recorded.sleep();
            site.engines.store(site.id(0), 3);
            for (int hash = 10; hash < 100; hash++) {
                site.engines.store(site.id(0), hash);
                int sent = owner.published.acknowledged.get();
                awaiting("a record more").until(() -> owner.published.acknowledged.get() > sent);
            }
            int snapshots = owner.published.snapshots.get();
            awaiting("a snapshot of it").until(() -> owner.published.snapshots.get() > snapshots + 1);
            site.cutOff(site.lanes.get(site.id(0)).partition());
            wake.countDown();
            awaiting("after").untilAsserted(() -> site.assertSame(replica));
            assertThat(replica.recorded.count(Event.STARTED_ANEW)).isEqualTo(1);
        }
    }

    @Test
    void aReplicaThatStartsBeforeItsTopicsExistWaitsForThem(TestInfo test) {
        try (KafkaBroker own = KafkaBroker.start();
                Replica replica = new Replica(
                        new KafkaConnection(own.bootstrapServers()),
                        new KvTopics(test.getTestMethod().orElseThrow().getName()))) {
            awaiting("trouble is told").until(() -> replica.replica.status().isTroubled());
            try (Site site = new Site(test, own);
                    OwnerProcess owner = site.owner("a", SELDOM)) {
                site.register(1);
                site.engines.store(site.id(0), 1, 2);
                awaiting("it follows").untilAsserted(() -> site.assertSame(replica));
                awaiting("it is ready").until(() -> replica.replica.status().isReady());
                assertThat(replica.replica.status().isTroubled()).isFalse();
                assertThat(site.served(owner)).isEqualTo(1);
            }
        }
    }

    @Test
    void aNewDescriptionOfALaneChangesNothingOfWhatItHolds(TestInfo test) {
        try (Site site = new Site(test, shared);
                OwnerProcess owner = site.owner("a", SELDOM);
                Replica replica = site.replica()) {
            site.register(1);
            LaneDescription lane = site.lanes.get(site.id(0));
            site.engines.store(lane.id(), 1, 2);
            awaiting("before").untilAsserted(() -> site.assertSame(replica));
            int term = owner.terms.get(lane.id());
            LaneSpec moved = new LaneSpec(
                    lane.id(), site.topics.pool(), "ns/pod0", "uid", 0, "model", 16, "xxh64", "tcp://b:1", "");
            assertThat(site.registry.register(List.of(moved)).get(lane.id()))
                    .isEqualTo(new LaneDescription(moved, lane.number(), lane.partition()));
            awaiting("its owner takes it anew").until(() -> owner.terms.getOrDefault(lane.id(), 0) > term);
            site.engines.store(lane.id(), 3);
            awaiting("after").untilAsserted(() -> site.assertSame(replica));
            assertThat(replica.recorded.removals()).isZero();
            assertThat(replica.replica
                            .status()
                            .lanes()
                            .get(lane.number())
                            .lane()
                            .spec())
                    .isEqualTo(moved);
        }
    }

    @Test
    void twoRegistriesGiveALaneOnePlace(TestInfo test) throws Exception {
        try (Site site = new Site(test, shared);
                LaneRegistry other = new LaneRegistry(site.connection, new SplittableRandom(2))) {
            List<LaneSpec> specs = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                specs.add(Lanes.spec(site.topics.pool(), site.id(i)));
            }
            Thread second = Thread.ofVirtual().start(() -> other.register(specs));
            site.registry.register(specs);
            second.join();
            Map<String, LaneDescription> first = site.registry.register(specs);
            assertThat(other.register(specs)).isEqualTo(first);
            assertThat(first.values().stream().map(LaneDescription::number).distinct())
                    .hasSize(40);
            site.lanes.putAll(first);
        }
    }

    /** Row 66 on a real broker: chunks of a newer set without a head. */
    @Test
    @Tag("kv-index-66")
    void aSnapshotThatWasNotFinishedIsNotUsed(TestInfo test) {
        try (Site site = new Site(test, shared)) {
            site.register(1);
            LaneDescription lane = site.lanes.get(site.id(0));
            try (OwnerProcess owner = site.owner("a", SELDOM)) {
                site.engines.store(lane.id(), 1, 2, 3);
                awaiting("a snapshot").until(() -> owner.published.snapshots.get() == 1);
            }
            site.send(
                    site.topics.snapshots(),
                    lane.partition(),
                    new SnapshotKey(lane.id(), 1, 0).toBytes(),
                    new byte[100]);
            try (Replica replica = site.replica()) {
                awaiting("started").until(() -> replica.replica.status().isReady());
                assertThat(replica.recorded.count(Event.SNAPSHOT_LOADED)).isEqualTo(1);
                site.assertSame(replica);
                LaneSnapshots found = new SnapshotLoader(site.connection)
                        .load(site.topics, lane.partition(), Set.of(lane.id()), Duration.ofSeconds(10))
                        .get(lane.id());
                assertThat(SnapshotPlace.after(found).generation()).isEqualTo(1);
            }
        }
    }

    /** Prints figures; they are this machine's. */
    @Test
    void changesArriveSoon(TestInfo test) {
        try (Site site = new Site(test, shared);
                DeltaPublisher publisher = new DeltaPublisher(
                        site.connection, new RecordedPublisher(), SELDOM, System::currentTimeMillis);
                Replica replica = site.replica()) {
            site.register(1);
            LaneDescription lane = site.lanes.get(site.id(0));
            awaiting("followed").until(() -> replica.recorded.lanes.containsKey(lane.number()));
            ModelOwner state = new ModelOwner();
            LanePublisher opened = publisher.open(lane, 1, 0, SnapshotPlace.FIRST, state);
            state.tells(opened);
            ModelLane model = replica.recorded.lane(lane.number());
            long[] nanos = new long[400];
            for (int i = 0; i < nanos.length; i++) {
                long hash = i + 1;
                long start = System.nanoTime();
                state.store(StorageTier.GPU, 0, hash);
                state.applied(i);
                opened.tick(System.nanoTime());
                while (!model.holds(ModelOwner.key(hash)) && System.nanoTime() - start < 5_000_000_000L) {
                    Thread.onSpinWait();
                }
                nanos[i] = System.nanoTime() - start;
            }
            long[] sorted = Arrays.copyOfRange(nanos, 100, nanos.length);
            Arrays.sort(sorted);
            System.out.printf(
                    "owner to replica over one broker: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms%n",
                    sorted[sorted.length / 2] / 1e6,
                    sorted[sorted.length * 9 / 10] / 1e6,
                    sorted[sorted.length * 99 / 100] / 1e6);
            assertThat(sorted[sorted.length / 2]).as("median").isLessThan(1_000_000_000L);
        }
    }

    private static ConditionFactory awaiting(String what) {
        return await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }

    /** A pool of its own on a broker. */
    private static final class Site implements AutoCloseable {

        private final KafkaConnection connection;
        private final KvTopics topics;
        private final FakeEngines engines = new FakeEngines();
        private final LaneRegistry registry;
        private final Map<String, LaneDescription> lanes = new HashMap<>();
        private final KafkaProducer<byte[], byte[]> sender;

        Site(TestInfo test, KafkaBroker broker) {
            connection = new KafkaConnection(broker.bootstrapServers());
            topics = new KvTopics(test.getTestMethod().orElseThrow().getName());
            topics.create(connection, new KvTopics.Layout(Optional.of((short) 1), 0));
            registry = new LaneRegistry(connection, new SplittableRandom(1));
            sender = new KafkaProducer<>(connection.writer());
        }

        String id(int lane) {
            return topics.pool() + "-" + lane + "/0";
        }

        void register(int count) {
            List<LaneSpec> specs = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                specs.add(Lanes.spec(topics.pool(), id(i)));
            }
            lanes.putAll(registry.register(specs));
            assertThat(lanes).hasSize(count);
        }

        OwnerProcess owner(String name, Duration snapshots) {
            return owner(name, snapshots, DeltaPublisher.BUFFER_BYTES);
        }

        OwnerProcess owner(String name, Duration snapshots, long bufferBytes) {
            return new OwnerProcess(connection, name + topics.pool(), engines, snapshots, bufferBytes);
        }

        /** Lanes of this pool that an owner serves; others' lanes may be on the same broker. */
        int served(OwnerProcess owner) {
            Set<String> ids = new HashSet<>(owner.terms.keySet());
            ids.retainAll(lanes.keySet());
            return ids.size();
        }

        Replica replica() {
            return new Replica(connection, topics);
        }

        void assertSame(Replica replica) {
            lanes.forEach((id, lane) ->
                    assertThat(replica.recorded.lane(lane.number()).copy()).isEqualTo(engines.held(id)));
        }

        /** An owner that does not know that it lost the lane. */
        void zombie(LaneDescription lane, int term) {
            try (DeltaPublisher publisher =
                    new DeltaPublisher(connection, new RecordedPublisher(), SELDOM, System::currentTimeMillis)) {
                ModelOwner state = new ModelOwner();
                LanePublisher opened = publisher.open(lane, term, 0, SnapshotPlace.FIRST, state);
                state.tells(opened);
                state.store(StorageTier.GPU, 0, 99);
                opened.flush();
            }
        }

        void send(String topic, @Nullable Integer partition, byte[] key, byte @Nullable [] value) {
            sender.send(new ProducerRecord<>(topic, partition, key, value));
            sender.flush();
        }

        /** Deletes all deltas of a partition that are there. */
        void cutOff(int partition) throws Exception {
            TopicPartition events = new TopicPartition(topics.events(), partition);
            try (Admin admin = Admin.create(connection.admin())) {
                admin.deleteRecords(Map.of(events, RecordsToDelete.beforeOffset(-1)))
                        .all()
                        .get();
            }
        }

        List<String> read(String topic, int count) {
            List<String> values = new ArrayList<>();
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(connection.reader())) {
                TopicPartition first = new TopicPartition(topic, 0);
                consumer.assign(List.of(first));
                consumer.seekToBeginning(List.of(first));
                awaiting("records").until(() -> {
                    for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(50))) {
                        values.add(new String(each.value(), StandardCharsets.UTF_8));
                    }
                    return values.size() >= count;
                });
            }
            return values;
        }

        @Override
        public void close() {
            registry.remove(lanes.keySet());
            registry.close();
            sender.close(Duration.ofSeconds(1));
        }
    }

    private static final class Replica implements AutoCloseable {

        private final RecordedReplica recorded = new RecordedReplica();
        private final DeltaReplica replica;

        Replica(KafkaConnection connection, KvTopics topics) {
            replica = new DeltaReplica(
                    connection, topics, recorded, recorded, System::nanoTime, System::currentTimeMillis);
            replica.start();
        }

        @Override
        public void close() {
            replica.stop();
        }
    }
}
