package io.llmd.kv.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.event.StorageTier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Delta records byte by byte, and what is not taken for one. */
class DeltaRecordTest {

    private static final long[] KEYS = {0x545d26412a51d38eL, 0x906da2cfdbcd5134L, 3};
    private static final long[] HASHES = {0x1111, 0x2222, 0x3333};

    private final List<byte[]> records = new ArrayList<>();
    private final DeltaRecordReader reader = new DeltaRecordReader();
    private final ModelLane lane = new ModelLane();

    @Test
    void everyOperationHasItsBytes() {
        DeltaRecordWriter writer = writer(false);
        writer.snapshotDue();
        writer.stored(StorageTier.GPU, 0, 0, KEYS, HASHES, 0, 2);
        writer.removed(StorageTier.CPU, 7, KEYS, 2, 1);
        writer.cleared(StorageTier.GPU.bit() | StorageTier.DISK.bit());
        writer.coverage(true);
        writer.applied(5, 6);
        writer.heartbeat(0x0102030405060708L);

        assertThat(hex(records.getFirst()))
                .isEqualTo(String.join(
                        "",
                        "444b0101" + "2a000000" + "09000000" + "03000000",
                        "0500000000000000" + "0600000000000000" + "0000000000000000",
                        "0100000002000000" + "0000000000000000" + "8ed3512a41265d54" + "3451cddbcfa26d90",
                        "0201070001000000" + "0300000000000000",
                        "0305000000000000",
                        "0601000000000000",
                        "0500000000000000" + "0807060504030201"));
        assertThat(reader.check(records.getFirst()))
                .isEqualTo(new DeltaReading.Good(
                        new DeltaHead(42, 9, 3, 5, 6, 0, true, false, false), 0x0102030405060708L));
    }

    @Test
    void engineHashesFollowTheKeysAndAnEpochBeginsARecord() {
        DeltaRecordWriter writer = writer(true);
        writer.removed(StorageTier.GPU, 0, KEYS, 0, 1);
        writer.epoch(4);
        writer.stored(StorageTier.GPU, 0, 0x77, KEYS, HASHES, 1, 2);
        writer.flush();

        assertThat(records).hasSize(2);
        assertThat(hex(records.get(1)))
                .isEqualTo(String.join(
                        "",
                        "444b0106" + "2a000000" + "09000000" + "04000000",
                        "0000000000000000" + "ffffffffffffffff" + "0100000000000000",
                        "0400000004000000",
                        "0100000002000000" + "7700000000000000" + "3451cddbcfa26d90" + "0300000000000000",
                        "2222000000000000" + "3333000000000000"));
        records.forEach(this::apply);
        assertThat(lane.epoch).isEqualTo(4);
        assertThat(lane.lastSequence).isEqualTo(-1);
        assertThat(lane.blocks)
                .containsEntry(
                        new ModelLane.Place(StorageTier.GPU, 0, 3), new ModelLane.Block(0x906da2cfdbcd5134L, 0x3333))
                .hasSize(2);
    }

    @Test
    void removalsOfOneStepBecomeOneOperation() {
        DeltaRecordWriter writer = writer(false);
        for (int i = 0; i < 3; i++) {
            writer.removed(StorageTier.GPU, 0, KEYS, i, 1);
        }
        writer.flush();
        assertThat(records.getFirst()).hasSize(40 + 8 + 3 * 8);
    }

    @Test
    void runsThatContinueBecomeOneOperation() {
        DeltaRecordWriter writer = writer(false);
        writer.stored(StorageTier.GPU, 0, 0, KEYS, HASHES, 0, 1);
        writer.stored(StorageTier.GPU, 0, KEYS[0], KEYS, HASHES, 1, 2);
        writer.flush();
        assertThat(records.getFirst()).hasSize(40 + 16 + 3 * 8);
    }

    @Test
    void longRunsAreSplitAndABatchEndsInItsLastRecord() {
        long[] keys = LongStream.rangeClosed(1, 100_000).toArray();
        DeltaRecordWriter writer = writer(false);
        writer.applied(7, 7);
        writer.stored(StorageTier.GPU, 0, 0, keys, keys, 0, keys.length);
        writer.applied(8, 8);
        writer.flush();

        assertThat(records)
                .hasSizeGreaterThan(10)
                .allSatisfy(record -> assertThat(record.length).isLessThanOrEqualTo(DeltaRecordWriter.DEFAULT_BYTES));
        assertThat(head(records.getFirst()).endsBatches()).isTrue();
        assertThat(head(records.getFirst()).lastSequence()).isEqualTo(7);
        assertThat(head(records.get(1)).endsBatches()).isFalse();
        assertThat(head(records.getLast()).lastSequence()).isEqualTo(8);
        records.forEach(this::apply);
        assertThat(lane.blocks)
                .hasSize(100_000)
                .containsEntry(new ModelLane.Place(StorageTier.GPU, 0, 99_999), new ModelLane.Block(99_998, 0));
    }

    @Test
    void nothingToTellIsNoRecord() {
        writer(false).flush();
        assertThat(records).isEmpty();
    }

    @Test
    void aWriterRefusesGroupsMasksAndSizesThatHaveNoPlace() {
        DeltaRecordWriter writer = writer(false);
        assertThatThrownBy(() -> writer.stored(StorageTier.GPU, 256, 0, KEYS, HASHES, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer.removed(StorageTier.GPU, -1, KEYS, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> writer.cleared(16)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeltaRecordWriter(1, 1, 1, false, 100, (head, bytes, length) -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        writer.flush();
        assertThat(records).isEmpty();
    }

    @Test
    void badRecordsAreNamed() {
        byte[] good = goodRecord();
        assertThat(fault(new byte[0])).isEqualTo(DeltaFault.TOO_SHORT);
        assertThat(fault(Arrays.copyOf(good, 39))).isEqualTo(DeltaFault.TOO_SHORT);
        assertThat(fault(Arrays.copyOf(good, DeltaRecordReader.MAX_BYTES + 8))).isEqualTo(DeltaFault.TOO_LONG);
        assertThat(fault(with(good, 0, 0))).isEqualTo(DeltaFault.WRONG_MAGIC);
        assertThat(fault(with(good, 2, 2))).isEqualTo(DeltaFault.UNKNOWN_VERSION);
        assertThat(fault(with(good, 3, 8))).isEqualTo(DeltaFault.UNKNOWN_FLAG);
        assertThat(fault(Arrays.copyOf(good, good.length + 1))).isEqualTo(DeltaFault.UNALIGNED);
        assertThat(fault(with(good, 16, 9))).isEqualTo(DeltaFault.BAD_HEAD);
        assertThat(fault(with(good, 40, 7))).isEqualTo(DeltaFault.UNKNOWN_OPERATION);
        assertThat(fault(with(good, 40, 0))).isEqualTo(DeltaFault.UNKNOWN_OPERATION);
        assertThat(fault(with(good, 41, 4))).isEqualTo(DeltaFault.UNKNOWN_TIER);
        assertThat(fault(with(good, 43, 1))).isEqualTo(DeltaFault.BAD_VALUE);
        assertThat(fault(with(good, 44, 0))).isEqualTo(DeltaFault.NO_BLOCKS);
        assertThat(fault(with(good, 44, 4))).isEqualTo(DeltaFault.TRUNCATED);
        assertThat(fault(with(good, 45, 0xFF))).isEqualTo(DeltaFault.TRUNCATED);
    }

    @Test
    void onlyARecordThatWasFoundGoodIsApplied() {
        byte[] good = goodRecord();
        assertThatThrownBy(() -> reader.apply(good, lane)).isInstanceOf(IllegalStateException.class);
        reader.check(good);
        reader.check(with(good, 2, 9));
        assertThatThrownBy(() -> reader.apply(good, lane)).isInstanceOf(IllegalStateException.class);
        assertThat(lane.calls).isZero();
    }

    private DeltaRecordWriter writer(boolean hasHashes) {
        return new DeltaRecordWriter(42, 9, 3, hasHashes, DeltaRecordWriter.DEFAULT_BYTES, (head, bytes, length) -> {
            assertThat(DeltaHead.read(bytes)).isEqualTo(head);
            records.add(Arrays.copyOf(bytes, length));
        });
    }

    private byte[] goodRecord() {
        DeltaRecordWriter writer = writer(false);
        writer.stored(StorageTier.GPU, 0, 0, KEYS, HASHES, 0, 3);
        writer.applied(5, 5);
        writer.flush();
        return records.removeFirst();
    }

    private void apply(byte[] record) {
        assertThat(reader.check(record)).isInstanceOf(DeltaReading.Good.class);
        reader.apply(record, lane);
    }

    private DeltaHead head(byte[] record) {
        return ((DeltaReading.Good) reader.check(record)).head();
    }

    private DeltaFault fault(byte[] record) {
        return ((DeltaReading.Bad) reader.check(record)).fault();
    }

    private static byte[] with(byte[] record, int at, int value) {
        byte[] changed = record.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
