package io.llmd.kv.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.lane.GroupRule;
import io.llmd.kv.lane.LaneSnapshotTarget;
import io.llmd.kv.lane.RemovalMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.openhft.hashing.LongHashFunction;

/** Snapshots byte by byte, in two generations, with chunks that are missing or changed. */
class SnapshotTest {

    private static final long[] KEYS = LongStream.rangeClosed(1, 5_000).toArray();
    private static final long[] HASHES = LongStream.rangeClosed(10_001, 15_000).toArray();

    private final LaneSnapshots snapshots = new LaneSnapshots();

    @Example
    void chunkAndHeadHaveTheirBytes() {
        SnapshotChunks chunks = new SnapshotChunks();
        chunks.run(StorageTier.CPU, 2, 0x77, KEYS, HASHES, 0, 2);
        chunks.copies(StorageTier.CPU, 2, HASHES, new byte[] {2, 15, 0}, 0, 3);
        SnapshotCut cut = new SnapshotCut(
                42,
                9,
                3,
                SnapshotCut.id(9, 1),
                5,
                1000,
                12,
                600,
                0xABCD,
                true,
                new CopyCounting(RemovalMode.LOGICAL, 4));
        List<byte[]> sealed = chunks.seal(cut);

        String fixed = "0206" + "2a000000" + "09000000" + "03000000" + "0100000009000000";
        String rest = "01000000" + "05000000" + "09000000" + "e803000000000000" + "0c00000000000000"
                + "5802000000000000" + "cdab000000000000";
        String content = "534b" + fixed + "00000000" + rest
                + "0101020002000000" + "7700000000000000" + "0100000000000000" + "0200000000000000"
                + "1127000000000000" + "1227000000000000"
                + "0701020003000000" + "1127000000000000" + "1227000000000000" + "1327000000000000"
                + "f200000000000000";
        assertThat(sealed).hasSize(1);
        assertThat(hex(sealed.getFirst())).isEqualTo(content + xxh64(content));

        SnapshotHead head = SnapshotHead.of(cut, 1, sealed, 1, 2);
        String headContent = "484b" + fixed + "01000000" + rest + "0200000000000000" + xxh64(xxh64(content));
        assertThat(hex(head.toBytes())).isEqualTo(headContent + xxh64(headContent));
        assertThat(SnapshotHead.read(head.toBytes())).isEqualTo(head);
    }

    @Example
    void copiesAndRunsComeBack() {
        List<byte[]> sealed = sealed(1, 0, 1_000);
        offer(0, sealed);
        snapshots.head(head(1, 0, sealed));
        ModelLane lane = new ModelLane();
        lane.stored(StorageTier.GPU, 0, 0, new long[] {999_999}, new long[1], 0, 1);
        Objects.requireNonNull(snapshots.named()).replaceIn(lane);
        assertThat(lane.blocks)
                .hasSize(1_000)
                .containsEntry(new ModelLane.Place(StorageTier.GPU, 0, 1_000), new ModelLane.Block(999, 11_000));
        assertThat(lane.isComplete).isTrue();
        assertThat(lane.lastSequence).isEqualTo(77);

        List<Long> copied = new ArrayList<>();
        Objects.requireNonNull(snapshots.named()).writeTo(new Copies(copied));
        assertThat(copied).hasSize(99).contains(10_001L * 100 + 3);
    }

    @Example
    void anEmptyLaneIsOneChunk() {
        List<byte[]> sealed = new SnapshotChunks().seal(cut(1, 0));
        assertThat(sealed).hasSize(1);
        offer(0, sealed);
        ModelLane lane = new ModelLane();
        Objects.requireNonNull(snapshots.newestComplete()).replaceIn(lane);
        assertThat(lane.blocks).isEmpty();
    }

    /** Row 56: never half of a set. */
    @Example
    @Tag("kv-index-56")
    void aSetWithAMissingChunkLeavesThePreviousOne() {
        List<byte[]> first = sealed(1, 0, 3_000);
        List<byte[]> second = sealed(1, 1, 3_000);
        offer(0, first);
        snapshots.head(head(1, 0, first));
        for (int i = 0; i < second.size() - 1; i++) {
            snapshots.chunk(1, i, second.get(i));
        }
        snapshots.head(
                SnapshotHead.of(cut(1, 1), 1, second, second.size(), 3_000).toBytes());

        assertThat(snapshots.named()).isNull();
        assertThat(Objects.requireNonNull(snapshots.newestComplete()).cut()).isEqualTo(cut(1, 0));
        assertThat(snapshots.nextGeneration()).isEqualTo(1);
    }

    @Example
    @Tag("kv-index-56")
    void aLaneWhoseOnlySetMissesAChunkHasNone() {
        List<byte[]> sealed = sealed(1, 0, 3_000);
        offer(0, sealed);
        snapshots.head(head(1, 0, sealed));
        snapshots.chunkRemoved(0, 1);
        assertThat(snapshots.named()).isNull();
        assertThat(snapshots.newestComplete()).isNull();
    }

    /** Row 66: the head still names the old set, and the old set is whole. */
    @Example
    @Tag("kv-index-66")
    void anOwnerThatDiesWhileWritingLeavesThePreviousSetWithItsCut() {
        List<byte[]> first = sealed(1, 0, 3_000);
        offer(0, first);
        snapshots.head(head(1, 0, first));
        snapshots.chunk(1, 0, sealed(1, 1, 3_000).getFirst());

        assertThat(Objects.requireNonNull(snapshots.named()).cut()).isEqualTo(cut(1, 0));
        assertThat(Objects.requireNonNull(snapshots.newestComplete()).cut().nextOffset())
                .isEqualTo(100);
    }

    @Example
    void aSetOfCopiesThatWereCountedInAnotherWayIsPassedOver() {
        CopyCounting chunks = new CopyCounting(RemovalMode.PHYSICAL, 4);
        offer(0, sealed(1, 0, 3_000));
        SnapshotCut cut = new SnapshotCut(42, 2, 3, SnapshotCut.id(2, 0), 5, 100, 12, 77, 0xABCD, false, chunks);
        offer(1, new SnapshotChunks().seal(cut));

        assertThat(Objects.requireNonNull(snapshots.newestComplete()).cut()).isEqualTo(cut);
        assertThat(Objects.requireNonNull(snapshots.newestComplete(CopyCounting.DEFAULT))
                        .cut())
                .isEqualTo(cut(1, 0));
        assertThat(Objects.requireNonNull(snapshots.newestComplete(chunks)).cut())
                .isEqualTo(cut);
        assertThat(snapshots.newestComplete(new CopyCounting(RemovalMode.LOGICAL, 4)))
                .isNull();
    }

    @Example
    void howCopiesAreCountedIsOneNumber() {
        for (int number = -3; number < 40; number++) {
            CopyCounting counting = CopyCounting.of(number);
            assertThat(counting == null ? number <= 1 : counting.toNumber() == number)
                    .as("%d", number)
                    .isTrue();
        }
        assertThat(CopyCounting.of(Integer.MAX_VALUE)).isNull();
        assertThatThrownBy(() -> new CopyCounting(RemovalMode.LOGICAL, 0))
                .hasMessageContaining("offloadChunkBlocks: 0 (expected: 1 to");
    }

    @Example
    void chunksOfAnOlderSetDoNotMixWithThoseOfANewerOne() {
        List<byte[]> newer = sealed(2, 0, 3_000);
        offer(0, newer);
        snapshots.chunk(0, 1, sealed(1, 3, 3_000).get(1));
        assertThat(snapshots.newestComplete()).isNull();
        snapshots.chunk(0, 1, newer.get(1));
        assertThat(Objects.requireNonNull(snapshots.newestComplete()).cut().term())
                .isEqualTo(2);
    }

    @Example
    void aSmallerSetLeavesKeysThatTheWriterHasToRemove() {
        offer(0, sealed(1, 0, 5_000));
        int keys = snapshots.chunkKeys(0);
        List<byte[]> small = sealed(1, 2, 10);
        offer(0, small);
        assertThat(snapshots.chunkKeys(0)).isEqualTo(keys).isGreaterThan(small.size());
        for (int i = keys - 1; i >= small.size(); i--) {
            snapshots.chunkRemoved(0, i);
        }
        assertThat(snapshots.chunkKeys(0)).isEqualTo(small.size());
        assertThat(snapshots.newestComplete()).isNotNull();
    }

    @Example
    void aChunkUnderAnotherKeyIsRefused() {
        assertThat(snapshots.chunk(0, 1, sealed(1, 0, 3_000).get(0))).isEqualTo(DeltaFault.BAD_HEAD);
        assertThat(snapshots.newestComplete()).isNull();
    }

    @Example
    void anIncompleteSetTellsNothing() {
        List<byte[]> sealed = sealed(1, 0, 3_000);
        SnapshotSet set = new SnapshotSet(cut(1, 0), sealed.size());
        set.put(0, sealed.getFirst());
        ModelLane lane = new ModelLane();
        assertThatThrownBy(() -> set.replaceIn(lane)).isInstanceOf(IllegalStateException.class);
        assertThat(lane.calls).isZero();
    }

    @Property(tries = 200, seed = "4")
    void whatGoesInComesOut(
            @ForAll @IntRange(min = 1, max = 5_000) int blocks,
            @ForAll @IntRange(min = SnapshotChunks.MIN_BYTES, max = 20_000) int maxBytes,
            @ForAll @IntRange(min = 0, max = 255) int group) {
        SnapshotChunks chunks = new SnapshotChunks(maxBytes);
        chunks.run(StorageTier.DISK, group, 0, KEYS, HASHES, 0, blocks);
        List<byte[]> sealed = chunks.seal(cut(3, 0));
        assertThat(sealed).allSatisfy(chunk -> assertThat(chunk.length).isLessThanOrEqualTo(maxBytes));
        LaneSnapshots fresh = new LaneSnapshots();
        for (int i = 0; i < sealed.size(); i++) {
            assertThat(fresh.chunk(1, i, sealed.get(i))).isNull();
        }
        ModelLane direct = new ModelLane();
        direct.stored(StorageTier.DISK, GroupRule.NONE, 0, KEYS, HASHES, 0, blocks);
        ModelLane read = new ModelLane();
        Objects.requireNonNull(fresh.newestComplete()).replaceIn(read);
        assertThat(read.blocks).isEqualTo(direct.blocks);
    }

    @Property(tries = 100, seed = "5")
    void aChangedChunkOrHeadIsRefused(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<byte[]> sealed = sealed(1, 0, 200);
        byte[] head = head(1, 0, sealed);
        for (int i = 0; i < 50; i++) {
            byte[] changed = DeltaRecordPropertyTest.mutate(sealed.getFirst(), random);
            if (!Arrays.equals(changed, sealed.getFirst())) {
                assertThat(snapshots.chunk(0, 0, changed)).isNotNull();
            }
            byte[] changedHead = DeltaRecordPropertyTest.mutate(head, random);
            if (!Arrays.equals(changedHead, head)) {
                assertThat(snapshots.head(changedHead)).isNotNull();
            }
        }
        assertThat(snapshots.head()).isNull();
    }

    /** A checksum that fits does not help bytes that make no sense. */
    @Property(tries = 200, seed = "6")
    void aChangedChunkWithAFittingChecksumDoesNotThrow(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] changed = DeltaRecordPropertyTest.mutate(sealed(1, 0, 50).getFirst(), random);
        if (changed.length >= SnapshotLayout.CHECKSUM_BYTES) {
            SnapshotLayout.seal(changed);
        }
        snapshots.chunk(0, 0, changed);
        SnapshotSet set = snapshots.newestComplete();
        if (set != null) {
            set.replaceIn(new ModelLane());
        }
    }

    private static List<byte[]> sealed(int term, int n, int blocks) {
        SnapshotChunks chunks = new SnapshotChunks(4_000);
        chunks.run(StorageTier.GPU, 0, 0, KEYS, HASHES, 0, blocks);
        byte[] copies = new byte[99];
        Arrays.fill(copies, (byte) 3);
        chunks.copies(StorageTier.GPU, 0, HASHES, copies, 0, Math.min(99, blocks));
        return chunks.seal(cut(term, n));
    }

    private static byte[] head(int term, int n, List<byte[]> sealed) {
        return SnapshotHead.of(cut(term, n), n & 1, sealed, sealed.size(), 1).toBytes();
    }

    private static SnapshotCut cut(int term, int n) {
        return new SnapshotCut(
                42, term, 3, SnapshotCut.id(term, n), 5, 100 + n, 12, 77, 0xABCD, false, CopyCounting.DEFAULT);
    }

    private void offer(int generation, List<byte[]> sealed) {
        for (int i = 0; i < sealed.size(); i++) {
            assertThat(snapshots.chunk(generation, i, sealed.get(i))).isNull();
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String xxh64(String hex) {
        long hash = LongHashFunction.xx().hashBytes(HexFormat.of().parseHex(hex));
        return HexFormat.of().toHexDigits(Long.reverseBytes(hash));
    }

    private record Copies(List<Long> told) implements LaneSnapshotTarget {

        @Override
        public void run(StorageTier tier, int group, long parent, long[] keys, long[] hashes, int from, int count) {}

        @Override
        public void copies(StorageTier tier, int group, long[] hashes, byte[] copies, int from, int count) {
            for (int i = from; i < from + count; i++) {
                told.add(hashes[i] * 100 + copies[i]);
            }
        }

        @Override
        public void groupRun(int rule, long[] keys, long[] hashes, int from, int count) {
            throw new AssertionError("no other groups");
        }

        @Override
        public void groupCopies(int rule, int group, long[] hashes, byte[] copies, int from, int count) {
            throw new AssertionError("no other groups");
        }
    }
}
