package io.llmd.kv.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.delta.DeltaReading;
import io.llmd.kv.delta.DeltaRecordReader;
import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.StorageTier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a lane's publisher sends and when, with producers that are driven by hand. */
class LanePublisherTest {

    private static final LaneDescription LANE = Lanes.lane("pod/0", 7, 5);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final MockProducer<byte[], byte[]> deltas = producer();
    private final MockProducer<byte[], byte[]> snapshots = producer();
    private final RecordedPublisher published = new RecordedPublisher();
    private final ModelOwner owner = new ModelOwner();
    private final LanePublisher publisher = open(4, SnapshotPlace.FIRST);

    @Test
    void theFirstRecordSaysThatASnapshotFollowsAndLaterOnesNoLonger() {
        publisher.tick(0);
        assertThat(reading(0).head().isSnapshotDue()).isTrue();
        assertThat(reading(0).head().isPartial()).isFalse();
        assertThat(deltas.history().getFirst().partition()).isEqualTo(5);
        assertThat(deltas.history().getFirst().key()).isEqualTo(LANE.spec().key());
        finishSnapshot();
        owner.store(StorageTier.GPU, 0, 1);
        publisher.tick(0);
        assertThat(reading(1).head().isSnapshotDue()).isFalse();
        assertThat(published.snapshots).hasValue(1);
    }

    @Test
    void anIdleLaneGivesASignOfLifeEachSecond() {
        publisher.tick(0);
        publisher.tick(SECOND - 1);
        assertThat(deltas.history()).hasSize(1);
        publisher.tick(SECOND);
        assertThat(reading(1).ownerClockMillis()).isEqualTo(1234);
        publisher.tick(2 * SECOND - 1);
        assertThat(deltas.history()).hasSize(2);
    }

    @Test
    void theCutIsBehindTheLastDeltaAndTheHeadComesAfterAllChunks() {
        for (int i = 1; i <= 70_000; i++) {
            owner.store(StorageTier.GPU, 0, i);
        }
        publisher.tick(0);
        int records = deltas.history().size();
        assertThat(snapshots.history())
                .as("nothing before the last delta is there")
                .isEmpty();
        completeAll(deltas);
        publisher.tick(1);
        assertThat(keys()).containsExactly("pod/0/0/0", "pod/0/0/1", "pod/0/0/2", "pod/0/0/3");
        publisher.tick(2);
        assertThat(snapshots.history())
                .as("as many as are on their way at a time")
                .hasSize(4);
        completeAll(snapshots);
        publisher.tick(3);
        completeAll(snapshots);
        publisher.tick(4);
        assertThat(keys()).endsWith("pod/0/head").hasSizeGreaterThan(5);
        assertThat(published.snapshots).hasValue(0);
        completeAll(snapshots);
        publisher.tick(5);
        assertThat(published.snapshots).hasValue(1);

        SnapshotSet set = Objects.requireNonNull(read().named());
        assertThat(set.cut().recordSequence()).isEqualTo(records);
        assertThat(set.cut().nextOffset()).isEqualTo(records);
        assertThat(set.cut().partition()).isEqualTo(5);
        ModelLane lane = new ModelLane();
        set.replaceIn(lane);
        assertThat(lane.copy()).hasSize(70_000);
    }

    @Test
    void generationsAlternateAndSurplusChunksAreRemoved() {
        LanePublisher next = open(5, new SnapshotPlace(1, 1, 3));
        next.tick(0);
        completeAll(deltas);
        for (int i = 0; i < 4; i++) {
            next.tick(i);
            completeAll(snapshots);
        }
        assertThat(keys()).containsExactly("pod/0/1/0", "pod/0/head", "pod/0/1/1", "pod/0/1/2");
        assertThat(snapshots.history().get(2).value()).isNull();
        assertThat(next.place()).isEqualTo(new SnapshotPlace(0, 1, 1));
    }

    /** Row 66: the generation of the last whole set is not written to while another one is half there. */
    @Test
    @Tag("kv-index-66")
    void aSnapshotThatFailsIsTriedAgainInTheSameGeneration() {
        publisher.tick(0);
        completeAll(deltas);
        publisher.tick(1);
        assertThat(snapshots.errorNext(new KafkaException("away"))).isTrue();
        publisher.tick(2);
        assertThat(published.failedSnapshots).hasValue(1);
        publisher.tick(5 * SECOND);
        assertThat(snapshots.history()).hasSize(1);
        publisher.tick(5 * SECOND + 2);
        completeAll(deltas);
        publisher.tick(5 * SECOND + 3);
        assertThat(keys()).containsExactly("pod/0/0/0", "pod/0/0/0");
        finishSnapshot();
        assertThat(published.snapshots).hasValue(1);
        assertThat(publisher.place().generation()).isEqualTo(1);
    }

    /** Row 59: what is lost breaks the lane's term, once; nothing more of it is sent. */
    @Test
    @Tag("kv-index-59")
    void aLostRecordBreaksTheLaneUntilItsNextTerm() {
        publisher.tick(0);
        assertThat(deltas.errorNext(new KafkaException("no room"))).isTrue();
        owner.store(StorageTier.GPU, 0, 1);
        publisher.tick(1);
        assertThat(publisher.isBroken()).isTrue();
        assertThat(published.broken).containsExactly("pod/0");
        assertThat(deltas.history()).hasSize(1);

        LanePublisher next = open(5, publisher.place());
        next.tick(2);
        assertThat(reading(1).head().term()).isEqualTo(5);
        assertThat(reading(1).head().recordSequence()).isZero();
        assertThat(reading(1).head().isSnapshotDue()).isTrue();
    }

    @Test
    void aProducerThatIsClosedBreaksTheLaneAndDoesNotThrow() {
        deltas.close();
        publisher.tick(0);
        assertThat(publisher.isBroken()).isTrue();
    }

    @Test
    void snapshotsAreDueByTimeAndByChanges() {
        SnapshotSchedule schedule = new SnapshotSchedule(Duration.ofSeconds(60), "pod/0");
        assertThat(schedule.isDue(0, 0)).isTrue();
        schedule.cut(0);
        assertThat(schedule.isDue(4 * SECOND, 0)).isFalse();
        assertThat(schedule.isDue(60 * SECOND, 0)).isTrue();
        schedule.cut(60 * SECOND);
        assertThat(schedule.isDue(119 * SECOND, 0)).isFalse();
        schedule.changed(50_000);
        assertThat(schedule.isDue(61 * SECOND, 100_002)).isFalse();
        assertThat(schedule.isDue(61 * SECOND, 100_000)).isTrue();
        schedule.cut(61 * SECOND);
        assertThat(schedule.isDue(120 * SECOND, 0)).isFalse();
        assertThat(schedule.isDue(121 * SECOND, 0)).isTrue();
    }

    @Test
    void lanesThatBeginTogetherDoNotWriteTogether() {
        long[] due = new long[60];
        for (int lane = 0; lane < 200; lane++) {
            SnapshotSchedule schedule = new SnapshotSchedule(Duration.ofSeconds(60), "ns/pod-" + lane + "/0");
            schedule.cut(0);
            int second = 0;
            while (!schedule.isDue((second + 1) * SECOND, 0)) {
                second++;
            }
            due[second]++;
        }
        assertThat(Arrays.stream(due).max().orElseThrow())
                .as("lanes due in one second")
                .isLessThanOrEqualTo(30);
    }

    private LanePublisher open(int term, SnapshotPlace place) {
        LanePublisher opened = new LanePublisher(
                LANE, term, 0, place, owner, deltas, snapshots, published, Duration.ofSeconds(60), () -> 1234);
        owner.tells(opened);
        return opened;
    }

    private void finishSnapshot() {
        completeAll(deltas);
        for (int i = 0; i < 4; i++) {
            publisher.tick(0);
            completeAll(snapshots);
        }
    }

    private DeltaReading.Good reading(int index) {
        byte[] record = deltas.history().get(index).value();
        return (DeltaReading.Good) new DeltaRecordReader().check(record);
    }

    private List<String> keys() {
        return snapshots.history().stream()
                .map(each -> new String(each.key(), StandardCharsets.UTF_8))
                .toList();
    }

    private LaneSnapshots read() {
        LaneSnapshots found = new LaneSnapshots();
        for (ProducerRecord<byte[], byte[]> each : snapshots.history()) {
            SnapshotLoader.put(Objects.requireNonNull(SnapshotKey.read(each.key())), each.value(), found);
        }
        return found;
    }

    private static void completeAll(MockProducer<byte[], byte[]> producer) {
        boolean isMore = true;
        while (isMore) {
            isMore = producer.completeNext();
        }
    }

    private static MockProducer<byte[], byte[]> producer() {
        return new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
