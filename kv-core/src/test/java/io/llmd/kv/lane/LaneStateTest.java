package io.llmd.kv.lane;

import static io.llmd.kv.lane.PoolFixture.H0;
import static io.llmd.kv.lane.PoolFixture.H1;
import static io.llmd.kv.lane.PoolFixture.H2;
import static io.llmd.kv.lane.PoolFixture.H3;
import static io.llmd.kv.lane.PoolFixture.event;
import static io.llmd.kv.lane.PoolFixture.hashesOnly;
import static io.llmd.kv.lane.PoolFixture.removal;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.key.KeyMode;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows of specs/kv-cache-index.md section 9 that need a lane and an index. */
class LaneStateTest {

    private final PoolFixture pool = new PoolFixture();

    @Test
    @Tag("kv-index-1")
    void row1BlocksOfAnEventAreFound() {
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.lane("a").keyOf(H0)).isEqualTo(0x545d26412a51d38eL);
        assertThat(pool.lane("a").keyOf(H1)).isEqualTo(0x906da2cfdbcd5134L);
        assertThat(pool.query(8)).isEqualTo("a:2");
    }

    @Test
    @Tag("kv-index-2")
    void row2APartialBlockIsIgnored() {
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.query(10)).isEqualTo("a:2");
    }

    @Test
    @Tag("kv-index-3")
    void row3OtherTokensInTheFirstBlockMatchNothing() {
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.query(new int[] {1, 2, 3, 9}, "m", null)).isEmpty();
    }

    @Test
    @Tag("kv-index-4")
    void row4KeysOfCborFnv() {
        PoolFixture other = new PoolFixture(KeyMode.CBOR_FNV, 4);
        other.store("a", null, 1, 8, H0, H1);
        assertThat(other.lane("a").keyOf(H0)).isEqualTo(0xcbd1586ecc3519c9L);
        assertThat(other.lane("a").keyOf(H1)).isEqualTo(0x88ca5c4ae336e982L);
    }

    @Test
    @Tag("kv-index-9")
    void row9BlocksOfAnAdapterAreFoundUnderItsNameOnly() {
        StoredBlocks stored = event(null, 1, 4, 6107444497143650307L);
        stored.adapter = "sql-adapter";
        pool.store("a", stored);
        assertThat(pool.lane("a").keyOf(6107444497143650307L)).isEqualTo(0xeb45697eb6697c7aL);
        assertThat(pool.query(new int[] {1, 2, 3, 4}, "sql-adapter", null)).isEqualTo("a:1");
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    @Tag("kv-index-11")
    void row11RemovalEndsTheMatch() {
        pool.store("a", null, 1, 8, H0, H1);
        pool.remove("a", H1);
        assertThat(pool.query(8)).isEqualTo("a:1");
    }

    @Test
    @Tag("kv-index-12")
    void row12ChildrenContinueTheirParent() {
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a", H1, 9, 12, H2);
        assertThat(pool.query(12)).isEqualTo("a:3");
    }

    @Test
    @Tag("kv-index-13")
    void row13AnEventWaitsForItsParent() {
        pool.store("a", H1, 9, 12, H2);
        pool.pass(1_900);
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.query(12)).isEqualTo("a:3");
        assertThat(pool.lane("a").counters().orphans()).isZero();
    }

    @Test
    @Tag("kv-index-14")
    @Tag("bad-input-B89")
    void row14AnEventWaitsTwoSecondsAtMost() {
        pool.store("a", H1, 9, 12, H2);
        assertThat(pool.lane("a").waitingEvents()).isOne();
        pool.pass(2_000);
        assertThat(pool.lane("a").waitingEvents()).isZero();
        assertThat(pool.lane("a").counters().orphans()).isOne();
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.query(12)).isEqualTo("a:2");
    }

    @Test
    void aBlockRemovedWhileItWaitsNeverAppears() {
        pool.store("a", H1, 9, 16, H2, H3);
        pool.remove("a", H3);
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.query(16)).isEqualTo("a:3");
    }

    @Test
    void waitingEventsAreBounded() {
        for (int i = 0; i < 100; i++) {
            pool.store("a", 777L, 9, 12, 1_000 + i);
        }
        assertThat(pool.lane("a").waitingEvents()).isEqualTo(64);
        assertThat(pool.lane("a").counters().orphans()).isEqualTo(36);
    }

    @Test
    @Tag("kv-index-16")
    @Tag("kv-index-17")
    void row16And17AnInnerBlockGoesAndComesBack() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        pool.remove("a", H1);
        assertThat(pool.query(16)).isEqualTo("a:1");
        pool.store("a", H0, 5, 8, H1);
        assertThat(pool.query(16)).isEqualTo("a:4");
    }

    @Test
    @Tag("kv-index-18")
    @Tag("bad-input-B90")
    void row18CopiesAreCounted() {
        pool.store("a", null, 1, 4, H0);
        pool.store("a", null, 1, 4, H0);
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEqualTo("a:1");
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
        pool.remove("a", H0);
        assertThat(pool.lane("a").counters().removalsThatLeftACopy()).isOne();
        assertThat(pool.lane("a").counters().unknownRemovals()).isOne();
    }

    @Test
    @Tag("kv-index-19")
    void row19LogicalRemovalsCountOnce() {
        pool.lane("a", settings -> settings.withRemovalMode(RemovalMode.LOGICAL));
        pool.store("a", null, 1, 4, H0);
        pool.store("a", null, 1, 4, H0);
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    @Tag("kv-index-20")
    void row20RemainingCopiesAreBelieved() {
        for (int i = 0; i < 3; i++) {
            pool.store("a", null, 1, 4, H0);
        }
        RemovedBlocks removal = removal(StorageTier.GPU, H0);
        removal.hasRemainingCopies = true;
        removal.remainingCopies = new int[] {2};
        pool.batch("a", lane -> lane.removed(removal));
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEqualTo("a:1");
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    @Tag("kv-index-21")
    void row21ReusedBlocksAreNotCountedAgain() {
        pool.store("a", null, 1, 4, H0);
        StoredBlocks reused = event(null, 1, 4, H0);
        reused.isReused = true;
        pool.store("a", reused);
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    @Tag("kv-index-22")
    void row22CopiesInTheHostsMemoryOutliveThoseInTheGpu() {
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a", hashesOnly(StorageTier.CPU, H0, H1));
        pool.remove("a", H0, H1);
        assertThat(pool.query(8)).isEqualTo("a:2");
        assertThat(pool.tiers(8)).isEqualTo("gpu 0 cpu 2 disk 0 storage 0");
    }

    @Test
    @Tag("kv-index-23")
    void row23TiersAreToldApart() {
        pool.store("a", null, 1, 12, H0, H1, H2);
        pool.store("a", hashesOnly(StorageTier.CPU, H2));
        pool.remove("a", H2);
        assertThat(pool.tiers(12)).isEqualTo("gpu 2 cpu 1 disk 0 storage 0");
    }

    @Test
    @Tag("kv-index-24")
    @Tag("bad-input-B90")
    void row24HashesNeverSeenAreIgnored() {
        pool.store("a", hashesOnly(StorageTier.CPU, 99));
        assertThat(pool.lane("a").counters().unresolvedHashes()).isOne();
        assertThat(pool.query(8)).isEmpty();
    }

    @Test
    @Tag("kv-index-25")
    void row25KeysStayKnownForAMinuteAfterTheLastRemoval() {
        pool.store("a", null, 1, 4, H0);
        pool.remove("a", H0);
        pool.pass(10);
        pool.store("a", hashesOnly(StorageTier.CPU, H0));
        assertThat(pool.tiers(4)).isEqualTo("gpu 0 cpu 1 disk 0 storage 0");
        pool.remove("a", StorageTier.CPU, H0);
        pool.pass(60_000);
        pool.store("a", hashesOnly(StorageTier.CPU, H0));
        assertThat(pool.query(4)).isEmpty();
        assertThat(pool.lane("a").counters().unresolvedHashes()).isOne();
    }

    @Test
    @Tag("kv-index-26")
    void row26BlocksOfAWindowAreNotIndexed() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        StoredBlocks window = event(H3, 17, 48, 50, 51, 52, 53);
        window.blockTokens = 4;
        window.group = 1;
        window.groupKind = StoredBlocks.GroupKind.OTHER;
        pool.store("a", window);
        RemovedBlocks removal = removal(StorageTier.GPU, H1);
        removal.group = 1;
        pool.batch("a", lane -> lane.removed(removal));
        assertThat(pool.query(16)).isEqualTo("a:4");
        assertThat(pool.lane("a").counters().otherGroups()).isEqualTo(2);
        assertThat(pool.lane("a").counters().misfits()).isZero();
    }

    @Test
    @Tag("kv-index-28")
    @Tag("bad-input-B90")
    void row28AClearConcernsOneRank() {
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a/1", null, 1, 8, H0, H1);
        pool.store("b", null, 1, 8, H0, H1);
        pool.batch("a", LaneState::cleared);
        assertThat(pool.query(8)).isEqualTo("a/1:2 b:2");
        assertThat(pool.lane("a").heldBlocks()).isZero();
        pool.store("a", null, 1, 4, H0);
        assertThat(pool.query(8)).isEqualTo("a/1:2 a:1 b:2");
    }

    @Test
    @Tag("kv-index-28")
    void row28AClearLeavesSharedStorage() {
        pool.lane("a", settings -> settings.withStorageShared(true));
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a", hashesOnly(StorageTier.STORAGE, H0));
        pool.batch("a", LaneState::cleared);
        assertThat(pool.tiers(8)).isEqualTo("gpu 0 cpu 0 disk 0 storage 1");
        pool.remove("a", StorageTier.STORAGE, H0);
        assertThat(pool.query(8)).isEmpty();
    }

    @Test
    @Tag("kv-index-28")
    void row28ARemovalFromSharedStorageInTheSameBatchAsAClearIsTold() {
        pool.lane("a", settings -> settings.withStorageShared(true));
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a", hashesOnly(StorageTier.STORAGE, H0));
        pool.batch("a", state -> {
            state.removed(PoolFixture.removal(StorageTier.STORAGE, H0));
            state.cleared();
        });
        assertThat(pool.query(8)).isEmpty();
    }

    @Test
    void row28AClearForgetsRemovedBlocksBesideSharedStorage() {
        pool.lane("a", settings -> settings.withStorageShared(true));
        pool.store("a", null, 1, 8, H0, H1);
        pool.store("a", hashesOnly(StorageTier.STORAGE, H0));
        pool.remove("a", H1);
        pool.batch("a", LaneState::cleared);
        assertThat(pool.lane("a").keyOf(H1)).isZero();
        assertThat(pool.lane("a").keyOf(H0)).isNotZero();
    }

    @Test
    void anEntryIsOfNoHashAfterAClear() {
        EngineBlocks blocks = new EngineBlocks();
        int entry = blocks.add(H0, 7);
        blocks.clear();
        assertThat(blocks.isOf(entry, H0)).isFalse();
    }

    @Test
    @Tag("kv-index-33")
    void row33ANewEpochForgetsTheOldOne() {
        pool.store("a", null, 1, 8, H0, H1);
        pool.lane("a").newEpoch(1);
        assertThat(pool.query(8)).isEmpty();
        pool.store("a", H0, 5, 8, H1);
        assertThat(pool.lane("a").waitingEvents()).isOne();
    }

    @Test
    @Tag("kv-index-43")
    void row43EqualEngineHashesOfTwoModelsDoNotMeet() {
        PoolFixture otherModel = new PoolFixture();
        pool.store("a", null, 1, 4, H0);
        otherModel.store("b", null, 1, 4, H0);
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
        assertThat(otherModel.query(4)).isEqualTo("b:1");
    }

    @Test
    @Tag("kv-index-44")
    void row44SaltedBlocksAreFoundWithTheSaltOnly() {
        StoredBlocks salted = event(null, 1, 8, H0, H1);
        salted.extras = new String[][] {{"tenant-a"}, null};
        pool.store("a", salted);
        assertThat(pool.lane("a").keyOf(H0)).isEqualTo(0x2dac0b5cee204b47L);
        assertThat(pool.lane("a").keyOf(H1)).isEqualTo(0xce0092f0bdbdbe71L);
        int[] tokens = IntStream.rangeClosed(1, 8).toArray();
        assertThat(pool.query(tokens, "m", new String[] {"tenant-a"})).isEqualTo("a:2");
        assertThat(pool.query(tokens, "m", null)).isEmpty();
    }

    @Test
    @Tag("kv-index-46")
    void row46LargerEngineBlocksAreSeveralOfTheIndex() {
        pool.store("a", null, 1, 16, H0);
        pool.store("a", H0, 17, 32, H1);
        assertThat(pool.query(12)).isEqualTo("a:3");
        assertThat(pool.query(32)).isEqualTo("a:8");
        pool.remove("a", H1);
        assertThat(pool.query(32)).isEqualTo("a:4");
        pool.remove("a", H0);
        assertThat(pool.query(32)).isEmpty();
    }

    @Test
    @Tag("kv-index-47")
    void row47SmallerEngineBlocksAreCarriedUntilTheyFillOne() {
        for (long removed : new long[] {H0, H1, H2, H3}) {
            PoolFixture large = new PoolFixture(KeyMode.XXH64, 16);
            large.store("a", null, 1, 4, H0);
            large.store("a", H0, 5, 8, H1);
            large.store("a", H1, 9, 12, H2);
            assertThat(large.query(16)).isEmpty();
            large.store("a", H2, 13, 16, H3);
            assertThat(large.query(16)).isEqualTo("a:1");
            large.remove("a", removed);
            assertThat(large.query(16)).as("without %d", removed).isEmpty();
        }
    }

    @Test
    void smallerEngineBlocksGoOnAfterAFullOneAndTheLastOnesRemovalCounts() {
        PoolFixture large = new PoolFixture(KeyMode.XXH64, 16);
        large.store("a", null, 1, 32, 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(large.query(32)).isEqualTo("a:2");
        large.remove("a", 8);
        assertThat(large.query(32)).isEqualTo("a:1");
        large.store("a", 7L, 29, 32, 8);
        assertThat(large.query(32)).isEqualTo("a:2");
        large.batch("a", LaneState::cleared);
        assertThat(large.query(32)).isEmpty();
    }

    @Test
    void blockSizesThatDoNotDivideEachOtherAreCounted() {
        pool.store("a", null, 1, 6, H0);
        assertThat(pool.lane("a").counters().misfits()).isOne();
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    @Tag("kv-index-48")
    void row48StorageNamesBlocksThatAnotherLaneExplained() {
        pool.store("a", null, 1, 4, H0);
        pool.lane("storage", settings -> settings.withStorageShared(true));
        pool.store("storage", hashesOnly(StorageTier.STORAGE, H0));
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEqualTo("storage:1");
    }

    @Test
    @Tag("kv-index-67")
    void row67AnOffloadedChunkStandsForAllItsBlocks() {
        pool.lane("a", settings -> settings.withOffloadChunkBlocks(4));
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        pool.store("a", hashesOnly(StorageTier.CPU, H3));
        pool.remove("a", H3, H2, H1, H0);
        assertThat(pool.tiers(16)).isEqualTo("gpu 0 cpu 4 disk 0 storage 0");
        pool.remove("a", StorageTier.CPU, H3);
        assertThat(pool.query(16)).isEmpty();
    }

    @Test
    void surplusCopiesDecayAfterTwoTurnovers() {
        pool.store("a", null, 1, 4, H0);
        pool.store("a", null, 1, 4, H0);
        for (int i = 0; i < 2_100; i++) {
            pool.store("a", H0, 100, 103, 10_000 + i);
            pool.remove("a", 10_000 + i);
        }
        assertThat(pool.lane("a").counters().decayedCopies()).isOne();
        pool.remove("a", H0);
        assertThat(pool.query(4)).isEmpty();
    }

    @Test
    void aHashThatComesWithOtherTokensStandsForThemOnly() {
        pool.store("a", null, 1, 4, H0);
        pool.store("a", null, 5, 8, H0);
        assertThat(pool.query(4)).isEmpty();
        assertThat(pool.query(new int[] {5, 6, 7, 8}, "m", null)).isEqualTo("a:1");
        assertThat(pool.lane("a").counters().changedKeys()).isOne();
    }

    @Test
    void remoteCopiesAreNotTheLanes() {
        StoredBlocks remote = event(null, 1, 4, H0);
        remote.isRemote = true;
        pool.store("a", remote);
        assertThat(pool.query(4)).isEmpty();
        assertThat(pool.lane("a").counters().remotes()).isOne();
    }

    @Test
    void aSmallerBlockAfterAKnownLargerOneWaitsAndIsDropped() {
        pool.store("a", null, 1, 4, H0);
        StoredBlocks small = event(H0, 5, 6, H1);
        pool.store("a", small);
        assertThat(pool.lane("a").waitingEvents()).isOne();
        pool.pass(2_000);
        assertThat(pool.lane("a").waitingEvents()).isZero();
        assertThat(pool.query(4)).isEqualTo("a:1");
    }

    @Test
    void blocksOfAnotherSizeDoNotChangeWhatARemovalOfAnUsualOneMeans() {
        pool.store("a", null, 1, 12, H0, H1, H2);
        StoredBlocks large = event(H2, 13, 28, H3);
        pool.store("a", large);
        assertThat(pool.query(28)).isEqualTo("a:7");
        pool.remove("a", H2);
        pool.store("a", H1, 9, 12, H2);
        assertThat(pool.query(28)).as("only the one block was removed").isEqualTo("a:7");
        pool.remove("a", H3);
        assertThat(pool.query(28)).isEqualTo("a:3");
    }

    @Test
    void smallPiecesLeaveOtherTiersAlone() {
        PoolFixture large = new PoolFixture(KeyMode.XXH64, 16);
        large.store("a", null, 1, 16, 1, 2, 3, 4);
        large.remove("a", StorageTier.CPU, 2);
        assertThat(large.query(16)).isEqualTo("a:1");
        large.store("a", 99L, 17, 20, 7);
        large.remove("a", 7);
        assertThat(large.lane("a").waitingEvents()).isZero();
    }

    @Test
    void aNewEpochMayHaveOtherGroups() {
        StoredBlocks ofGroup2 = event(null, 1, 4, H0);
        ofGroup2.group = 2;
        pool.store("a", ofGroup2);
        pool.lane("a").newEpoch(1);
        pool.store("a", null, 1, 4, H0);
        assertThat(pool.query(4)).isEqualTo("a:1");
    }

    @Test
    void aLaneThatNeverRemovesIsForgottenBeforeItFillsTheMemoryEvenInSharedStorage() {
        long[] hashes = new long[4096];
        int batches = LaneState.MAX_BLOCKS / hashes.length;
        long[] keysOfAll = new long[1];
        LaneState lane = new LaneState(
                LaneSettings.of(io.llmd.kv.key.KeyHasher.of(KeyMode.FOLD64, ""), "m", 1)
                        .withStorageShared(true),
                new CountingDeltas(keysOfAll));
        for (int batch = 0; batch <= batches; batch++) {
            for (int i = 0; i < hashes.length; i++) {
                hashes[i] = (batch * 4096L + i + 1) * 0x9E3779B97F4A7C15L;
            }
            StoredBlocks event = event(null, batch * 4096 + 1, (batch + 1) * 4096, hashes);
            event.tier = StorageTier.STORAGE;
            lane.begin(0);
            lane.stored(event);
            lane.end(batch, batch);
        }
        assertThat(lane.counters().overflows()).isOne();
        assertThat(lane.heldBlocks()).isEqualTo(4096);
        assertThat(keysOfAll[0]).as("clears told, of all tiers").isOne();
    }

    private record CountingDeltas(long[] clears) implements LaneDeltas {
        @Override
        public void stored(
                StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {}

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {}

        @Override
        public void cleared(int tierMask) {
            assertThat(tierMask).isEqualTo(StorageTier.ALL);
            clears[0]++;
        }

        @Override
        public void epoch(int epoch) {}

        @Override
        public void coverage(boolean isComplete) {}

        @Override
        public void applied(long firstSequence, long lastSequence) {}
    }
}
