package io.llmd.kv.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever changes, in records of whatever size, a reader ends where the lane is; and no bytes make it throw. */
class DeltaRecordPropertyTest {

    private final DeltaRecordReader reader = new DeltaRecordReader();

    @Property(tries = 300, seed = "1")
    void aReaderEndsWhereTheLaneIs(
            @ForAll long seed,
            @ForAll @IntRange(min = DeltaRecordWriter.MIN_BYTES, max = 8_000) int maxBytes,
            @ForAll boolean hasHashes,
            @ForAll @IntRange(min = 1, max = 20) int batchesPerFlush) {
        List<byte[]> records = new ArrayList<>();
        DeltaRecordWriter writer = writer(maxBytes, hasHashes, records);
        ModelLane direct = new ModelLane();
        ModelLane reference = hasHashes ? direct : new ModelLane();
        RandomChanges changes = new RandomChanges(seed);
        for (int batch = 1; batch <= 60; batch++) {
            changes.batch(direct, writer);
            if (batch % batchesPerFlush == 0) {
                writer.flush();
            }
        }
        writer.flush();

        ModelLane read = new ModelLane();
        for (int i = 0; i < records.size(); i++) {
            DeltaReading.Good good = (DeltaReading.Good) reader.check(records.get(i));
            assertThat(good.head().recordSequence()).isEqualTo(i);
            assertThat(records.get(i).length).isLessThanOrEqualTo(maxBytes);
            reader.apply(records.get(i), read);
        }
        if (!hasHashes) {
            direct.blocks.forEach(
                    (place, block) -> reference.blocks.put(place, new ModelLane.Block(block.parentKey(), 0)));
            reference.epoch = direct.epoch;
            reference.isComplete = direct.isComplete;
            reference.lastSequence = direct.lastSequence;
        }
        assertThat(read).isEqualTo(reference);
    }

    /** A changed record is either refused, and then nothing of it is applied, or means something else that is whole. */
    @Property(tries = 300, seed = "2")
    void aChangedRecordNeitherThrowsNorIsAppliedInPart(@ForAll long seed) {
        List<byte[]> records = new ArrayList<>();
        DeltaRecordWriter writer = writer(2_000, (seed & 1) == 0, records);
        RandomChanges changes = new RandomChanges(seed);
        for (int batch = 0; batch < 10; batch++) {
            changes.batch(writer);
        }
        writer.heartbeat(seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (byte[] record : records) {
            for (int i = 0; i < 30; i++) {
                byte[] changed = mutate(record, random);
                ModelLane lane = new ModelLane();
                switch (reader.check(changed)) {
                    case DeltaReading.Good good -> reader.apply(changed, lane);
                    case DeltaReading.Bad bad -> {
                        assertThat(bad.at()).isBetween(0, changed.length);
                        assertThat(lane.calls).isZero();
                    }
                }
            }
        }
    }

    @Property(tries = 2_000, seed = "3")
    void arbitraryBytesAreRefused(@ForAll byte[] bytes) {
        assertThat(reader.check(bytes)).isInstanceOf(DeltaReading.Bad.class);
    }

    static byte[] mutate(byte[] record, SplittableRandom random) {
        byte[] changed =
                random.nextInt(5) == 0 ? Arrays.copyOf(record, random.nextInt(record.length + 64)) : record.clone();
        int flips = changed.length == 0 ? 0 : random.nextInt(6);
        for (int i = 0; i < flips; i++) {
            int within = random.nextBoolean() ? Math.min(64, changed.length) : changed.length;
            changed[random.nextInt(within)] = (byte) random.nextInt();
        }
        return changed;
    }

    private static DeltaRecordWriter writer(int maxBytes, boolean hasHashes, List<byte[]> records) {
        return new DeltaRecordWriter(
                1, 2, 3, hasHashes, maxBytes, (head, bytes, length) -> records.add(Arrays.copyOf(bytes, length)));
    }
}
