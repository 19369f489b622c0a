package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of specs/kv-cache-index.md section 9 that are about the index alone. */
class BlockIndexTest {

    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    private final PrefixLookup lookup = new PrefixLookup();
    private final long[] keys = {11, 12, 13, 14};

    @Test
    @Tag("kv-index-16")
    void row16InnerRemovalEndsTheMatchThere() {
        IndexLane a = index.addLane("a", 0);
        store(a, keys, 0, 4);
        a.removed(StorageTier.GPU, 0, keys, 1, 1);
        assertThat(match(keys)).containsExactly("a 1 [1, 0, 0, 0]");
    }

    @Test
    @Tag("kv-index-17")
    void row17StoringTheInnerBlockAgainRestoresTheMatch() {
        IndexLane a = index.addLane("a", 0);
        store(a, keys, 0, 4);
        a.removed(StorageTier.GPU, 0, keys, 1, 1);
        a.stored(StorageTier.GPU, 0, keys[0], keys, keys, 1, 1);
        assertThat(match(keys)).containsExactly("a 4 [4, 0, 0, 0]");
    }

    @Test
    @Tag("kv-index-23")
    void row23BlocksInSeveralTiersCountOnceInTheFastest() {
        IndexLane a = index.addLane("a", 0);
        store(a, keys, 0, 2);
        a.stored(StorageTier.CPU, 0, 0, keys, keys, 0, 3);
        assertThat(match(keys)).containsExactly("a 3 [2, 1, 0, 0]");
    }

    /** Section 6.6: what others can pull is in the host's memory, whatever else holds it, and from the first block on. */
    @Test
    void blocksOfTheHostCountFromTheFirstOnWhateverTheGpuHolds() {
        IndexLane a = index.addLane("a", 0);
        IndexLane b = index.addLane("b", 0);
        store(a, keys, 0, 4);
        store(b, keys, 0, 4);
        a.stored(StorageTier.CPU, 0, 0, keys, keys, 0, 3);
        b.stored(StorageTier.CPU, 0, 0, keys, keys, 1, 3);
        assertThat(match(keys)).containsExactly("a 4 [4, 0, 0, 0]", "b 4 [4, 0, 0, 0]");
        assertThat(lookup.hostBlocks(lookup.place(a))).isEqualTo(3);
        assertThat(lookup.hostBlocks(lookup.place(b)))
                .as("the first one is not there")
                .isZero();
    }

    @Test
    void aRunFromAPlaceOnEndsAtTheFirstBlockThatIsMissing() {
        long[] many = LongStream.rangeClosed(1, 100).toArray();
        IndexLane a = index.addLane("a", 0);
        a.stored(StorageTier.STORAGE, 0, 0, many, many, 10, 60);
        match(keys);
        assertThat(index.run(a, many, 0, 100, lookup)).isZero();
        assertThat(index.run(a, many, 10, 100, lookup)).isEqualTo(60);
        assertThat(index.run(a, many, 69, 100, lookup)).isEqualTo(1);
        assertThat(index.run(a, many, 20, 30, lookup)).isEqualTo(10);
        assertThat(index.run(a, many, 100, 100, lookup)).isZero();
        index.removeLane(a);
        assertThat(index.run(a, many, 10, 100, lookup)).isZero();
    }

    /** Blocks are read many at once, within a segment of nodes: neither the one nor the other may show. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deepPromptsAnswerEachLanesLengthWhereverItsBlocksLie(boolean isTiered) {
        long[] filler = LongStream.range(1_000_000, 1_000_000 + Nodes.SEGMENT_NODES - 100)
                .toArray();
        store(index.addLane("filler", 0), filler, 0, filler.length);
        long[] prompt = LongStream.rangeClosed(1, 300).toArray();
        int[] lengths = {300, 1, 31, 32, 33, 64, 65, 99, 100, 101, 131, 132, 133, 299};
        List<String> expected = new ArrayList<>();
        for (int length : lengths) {
            IndexLane lane = index.addLane("%03d".formatted(length), 0);
            int slow = isTiered ? length / 3 : 0;
            store(lane, prompt, 0, length - slow);
            lane.stored(StorageTier.DISK, 0, 0, prompt, prompt, length - slow, slow);
            expected.add("%03d %d [%d, 0, %d, 0]".formatted(length, length, length - slow, slow));
        }
        Collections.sort(expected);

        assertThat(match(prompt)).containsExactlyElementsOf(expected);
        assertThat(lookup.examined()).isEqualTo(300);
        assertThat(match(Arrays.copyOf(prompt, 5)))
                .hasSize(lengths.length)
                .contains(isTiered ? "031 5 [5, 0, 0, 0]" : "300 5 [5, 0, 0, 0]");
    }

    @Test
    @Tag("kv-index-38")
    void row38ARemovedLaneIsNeverReturnedAndItsMemoryComesBack() {
        IndexLane a = index.addLane("a", 0);
        long[] many = LongStream.rangeClosed(1, 200_000).toArray();
        store(a, many, 0, many.length);
        index.removeLane(a);
        assertThat(match(many)).isEmpty();
        while (index.sweep()) {
            assertThat(match(many)).isEmpty();
        }
        assertThat(index.blocks()).isZero();
        long bytes = index.bytes();
        IndexLane b = index.addLane("b", 0);
        store(b, many, 0, many.length);
        assertThat(index.bytes()).isEqualTo(bytes);
        assertThat(match(many)).containsExactly("b 200000 [200000, 0, 0, 0]");
    }

    @Test
    @Tag("kv-index-40")
    void row40SixtyFiveLanesOfAHotBlockAreAllReturned() {
        for (int i = 0; i < 65; i++) {
            store(index.addLane("pod-" + i, 0), keys, 0, 2);
        }
        assertThat(match(keys)).hasSize(65).allMatch(answer -> answer.endsWith(" 2 [2, 0, 0, 0]"));
    }

    @Test
    @Tag("kv-index-64")
    void row64TheTableIsRebuiltUnderChurnAndFindsEveryKey() {
        IndexLane a = index.addLane("a", 0);
        Random random = new Random(5);
        long[] live = random.longs(50_000).toArray();
        store(a, live, 0, live.length);
        for (int round = 0; round < 40; round++) {
            a.removed(StorageTier.GPU, 0, live, 0, live.length / 4);
            long[] fresh = random.longs(live.length / 4).toArray();
            System.arraycopy(fresh, 0, live, 0, fresh.length);
            store(a, live, 0, live.length / 4);
        }
        for (long key : live) {
            assertThat(match(new long[] {key})).hasSize(1);
        }
        assertThat(index.blocks()).isEqualTo(live.length);
    }

    @Test
    void clearedLaneStoresOnAtOnce() {
        List<IndexLane> lanes = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            lanes.add(index.addLane("pod-" + i, 0));
            store(lanes.get(i), keys, 0, 4);
        }
        for (int round = 0; round < 100; round++) {
            IndexLane lane = lanes.get(round % 48);
            lane.cleared(StorageTier.ALL);
            assertThat(match(keys)).noneMatch(answer -> answer.startsWith(lane.endpoint() + " "));
            store(lane, keys, 0, 3);
            assertThat(match(keys))
                    .contains(lane.endpoint() + " 3 [3, 0, 0, 0]")
                    .hasSize(48);
        }
    }

    @Test
    void newEpochKeepsWhatIsInSharedStorage() {
        IndexLane a = index.addLane("a", 0);
        store(a, keys, 0, 4);
        a.stored(StorageTier.STORAGE, 0, 0, keys, keys, 0, 2);
        a.epoch(7);
        assertThat(match(keys)).containsExactly("a 2 [0, 0, 0, 2]");
        assertThat(a.epoch()).isEqualTo(7);
    }

    @Test
    void usedUpMemoryForgetsTheOldestBlocksAndKeepsItsBound() {
        BlockIndex small = new BlockIndex(new IndexSettings(5L << 20));
        IndexLane a = small.addLane("a", 0);
        long[] run = new long[1000];
        for (int i = 0; i < 400; i++) {
            long first = i * 1000L + 1;
            Arrays.setAll(run, j -> (first + j) * 0x9E3779B97F4A7C15L);
            a.stored(StorageTier.GPU, 0, 0, run, run, 0, run.length);
        }
        assertThat(small.bytes()).isLessThanOrEqualTo(5L << 20);
        assertThat(small.evictedBlocks()).isPositive();
        assertThat(small.blocks() + small.evictedBlocks()).isEqualTo(400_000);
        assertThat(a.blocks(StorageTier.GPU)).isEqualTo(small.blocks());
        small.match(run, run.length, lookup);
        assertThat(ModelIndex.answers(lookup)).containsExactly("a 1000 [1000, 0, 0, 0]");
    }

    @Test
    void placesAreFoundByLane() {
        List<IndexLane> lanes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            lanes.add(index.addLane("pod-" + i, 0));
        }
        store(lanes.get(3), keys, 0, 2);
        store(lanes.get(77), keys, 0, 3);
        match(keys);
        assertThat(lookup.blocks(lookup.place(lanes.get(3)))).isEqualTo(2);
        assertThat(lookup.blocks(lookup.place(lanes.get(77)))).isEqualTo(3);
        assertThat(lookup.place(lanes.get(50))).isEqualTo(-1);
        index.removeLane(lanes.get(3));
        match(keys);
        assertThat(lookup.place(lanes.get(3))).isEqualTo(-1);
    }

    @Test
    @Tag("kv-index-62")
    void row62WhatTheEngineContradictsIsNotBelievedAnyMore() {
        IndexLane a = index.addLane("a", 0);
        store(a, keys, 0, 4);
        a.contradicted(keys, 1, 3);
        assertThat(match(keys)).containsExactly("a 1 [1, 0, 0, 0]");
        store(a, keys, 0, 4);
        assertThat(match(keys)).containsExactly("a 4 [4, 0, 0, 0]");
    }

    @Test
    void runThatNamesABlockTwiceHoldsItOnce() {
        IndexLane a = index.addLane("a", 0);
        long[] twice = {5, 6, 5, 7};
        store(a, twice, 0, 4);
        assertThat(a.blocks(StorageTier.GPU)).isEqualTo(3);
        assertThat(match(new long[] {5, 6})).containsExactly("a 2 [2, 0, 0, 0]");
    }

    private static void store(IndexLane lane, long[] keys, int from, int count) {
        lane.stored(StorageTier.GPU, 0, from == 0 ? 0 : keys[from - 1], keys, keys, from, count);
    }

    private java.util.Set<String> match(long[] asked) {
        index.match(asked, asked.length, lookup);
        return ModelIndex.answers(lookup);
    }
}
