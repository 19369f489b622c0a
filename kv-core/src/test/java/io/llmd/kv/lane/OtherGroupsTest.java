package io.llmd.kv.lane;

import static io.llmd.kv.lane.PoolFixture.H0;
import static io.llmd.kv.lane.PoolFixture.H1;
import static io.llmd.kv.lane.PoolFixture.H2;
import static io.llmd.kv.lane.PoolFixture.H3;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotHead;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.event.StoredBlocks.GroupKind;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Row 26 at the second level of 4.3: what other KV-cache groups let an engine reuse. */
class OtherGroupsTest {

    private final PoolFixture pool = new PoolFixture();

    @Test
    @Tag("kv-index-26")
    void row26AWindowThatIsHeldAtTheEndLetsAllBeReused() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        assertThat(pool.reusable(16)).as("no other group is known").isEqualTo("a:4/4");
        // Four hashes and 32 tokens: half of the blocks are left out.
        store("a", group(1, GroupKind.SLIDING_WINDOW, 8, H2, H3, 801, 802));
        assertThat(pool.reusable(16)).isEqualTo("a:4/4");
        assertThat(pool.query(16)).as("the main group's answer is as before").isEqualTo("a:4");
        assertThat(pool.lane("a").counters().otherGroups()).isZero();
        assertThat(pool.lane("a").counters().misfits()).isZero();
    }

    @Test
    void whereAWindowIsMissingLessIsReused() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.SLIDING_WINDOW, 8, H0, H1, H3));
        // A window of 8 tokens needs the 2 blocks before the end.
        assertThat(pool.reusable(16)).isEqualTo("a:2/4");
        remove("a", 1, H1);
        assertThat(pool.reusable(16)).as("one block is all of its window").isEqualTo("a:1/4");
        remove("a", 1, H0);
        assertThat(pool.reusable(16)).isEqualTo("a:0/4");
        store("a", group(1, GroupKind.SLIDING_WINDOW, 8, H2));
        assertThat(pool.reusable(16)).isEqualTo("a:4/4");
        assertThat(pool.reusable(12)).isEqualTo("a:0/3");
    }

    @Test
    void aStateIsNeededExactlyAtTheEnd() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.STATE, 0, H1));
        assertThat(pool.reusable(16)).isEqualTo("a:2/4");
        assertThat(pool.reusable(4)).isEqualTo("a:0/1");
    }

    @Test
    void aStateBehindSeveralBlocksIsThatOfTheLastOne() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        StoredBlocks large = group(1, GroupKind.STATE, 0, H2);
        large.blockTokens = 12;
        pool.store("a", large);
        assertThat(pool.reusable(16)).isEqualTo("a:3/4");
    }

    @Test
    void chunksBeginAnewAtTheirBorders() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.CHUNKED, 12, H0));
        assertThat(pool.reusable(16))
                .as("up to the border at 3, behind which H3 is missing")
                .isEqualTo("a:3/4");
        assertThat(pool.reusable(8)).isEqualTo("a:1/2");
        store("a", group(1, GroupKind.CHUNKED, 12, H3));
        assertThat(pool.reusable(16)).isEqualTo("a:4/4");
    }

    @Test
    void allGroupsMustAgreeOnOneEnd() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.SLIDING_WINDOW, 8, H0, H1, H2, H3));
        store("a", group(2, GroupKind.STATE, 0, H0, H2));
        assertThat(pool.reusable(16)).isEqualTo("a:3/4");
        remove("a", 1, H2);
        assertThat(pool.reusable(16)).isEqualTo("a:1/4");
    }

    @Test
    void groupsWithOneRuleHoldABlockWhenAllOfThemDo() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.SLIDING_WINDOW, 8, H2, H3));
        store("a", group(2, GroupKind.SLIDING_WINDOW, 8, H3));
        assertThat(pool.reusable(16)).as("group 2 lacks H2").isEqualTo("a:0/4");
        store("a", group(2, GroupKind.SLIDING_WINDOW, 8, H2));
        assertThat(pool.reusable(16)).isEqualTo("a:4/4");
        remove("a", 1, H3);
        assertThat(pool.reusable(16)).isEqualTo("a:0/4");
    }

    @Test
    void anotherGroupOfFullAttentionIsNeededFromTheBeginning() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.FULL, 0, H0, H1, H3));
        assertThat(pool.reusable(16)).isEqualTo("a:2/4");
    }

    @Test
    void theOrderOfGroupsInABatchDoesNotMatter() {
        pool.batch("a", lane -> {
            lane.stored(group(1, GroupKind.SLIDING_WINDOW, 4, H3));
            lane.stored(PoolFixture.event(null, 1, 16, H0, H1, H2, H3));
        });
        assertThat(pool.reusable(16)).isEqualTo("a:4/4");
        assertThat(pool.reusable(12)).isEqualTo("a:0/3");
    }

    @Test
    void copiesAreCounted() {
        pool.store("a", null, 1, 4, H0);
        store("a", group(1, GroupKind.STATE, 0, H0));
        store("a", group(1, GroupKind.STATE, 0, H0));
        remove("a", 1, H0);
        assertThat(pool.reusable(4)).isEqualTo("a:1/1");
        remove("a", 1, H0);
        assertThat(pool.reusable(4)).isEqualTo("a:0/1");
        remove("a", 1, H0);
        assertThat(pool.lane("a").counters().unknownGroupRemovals()).isOne();
    }

    @Test
    void blocksThatComeBackHaveTheirGroupsStill() {
        pool.store("a", null, 1, 8, H0, H1);
        store("a", group(1, GroupKind.STATE, 0, H0, H1));
        pool.remove("a", H1);
        assertThat(pool.reusable(8)).isEqualTo("a:1/1");
        pool.store("a", H0, 5, 8, H1);
        assertThat(pool.reusable(8)).isEqualTo("a:2/2");
    }

    @Test
    void lanesWithoutOtherGroupsAreAnsweredAsEver() {
        pool.store("a", null, 1, 16, H0, H1, H2, H3);
        pool.store("b", null, 1, 16, H0, H1, H2, H3);
        store("a", group(1, GroupKind.STATE, 0, H1));
        assertThat(pool.reusable(16)).isEqualTo("a:2/4 b:4/4");
    }

    @Test
    void aClearForgetsGroupsToo() {
        pool.store("a", null, 1, 8, H0, H1);
        store("a", group(1, GroupKind.STATE, 0, H0));
        pool.batch("a", LaneState::cleared);
        pool.store("a", null, 1, 8, H0, H1);
        assertThat(pool.reusable(8)).as("its groups hold nothing").isEqualTo("a:0/2");
        store("a", group(1, GroupKind.STATE, 0, H1));
        assertThat(pool.reusable(8)).isEqualTo("a:2/2");
        assertThat(pool.reusable(4)).as("nor left over from before").isEqualTo("a:0/1");
    }

    @Test
    void tooManyGroupsAndRulesAreLeftOut() {
        pool.store("a", null, 1, 4, H0);
        for (int group = 1; group <= 40; group++) {
            store("a", group(group, GroupKind.SLIDING_WINDOW, 4 * group, H0));
        }
        assertThat(pool.reusable(4)).as("what these hold is not known").isEqualTo("a:0/1");
        assertThat(pool.unfollowedRules()).isOne();
        assertThat(pool.lane("a").counters().otherGroups()).isEqualTo(40 - GroupBlocks.MAX_RULES);
        pool.batch("a", LaneState::cleared);
        pool.store("a", null, 1, 4, H0);
        for (int group = 1; group <= GroupBlocks.MAX_RULES; group++) {
            store("a", group(group, GroupKind.SLIDING_WINDOW, 4 * group, H0));
        }
        assertThat(pool.reusable(4)).as("nor after a clear").isEqualTo("a:0/1");
        pool.batch("a", lane -> lane.newEpoch(2));
        pool.store("a", null, 1, 4, H0);
        assertThat(pool.reusable(4)).as("another engine has no groups so far").isEqualTo("a:1/1");
    }

    @Test
    void aGroupWithANumberThatSnapshotsCannotTellIsLeftOut() {
        pool.store("a", null, 1, 4, H0);
        store("a", group(256, GroupKind.STATE, 0, H0));
        assertThat(pool.lane("a").counters().otherGroups()).isOne();
        assertThat(pool.reusable(4)).as("what it holds is not known").isEqualTo("a:0/1");
        SnapshotSet snapshot = snapshot("a");
        assertThat(reusableAfter(snapshot)).as("in the snapshot too").isZero();
    }

    @Test
    void rulesOfManyLanesThatAnIndexCannotTellApartLetNothingBeReused() {
        for (int rule = 1; rule <= 5; rule++) {
            String lane = "lane" + rule;
            pool.store(lane, null, 1, 4, H0);
            store(lane, group(1, GroupKind.SLIDING_WINDOW, 4 * rule, H0));
        }
        assertThat(pool.reusable(4)).isEqualTo("lane1:1/1 lane2:1/1 lane3:1/1 lane4:1/1 lane5:0/1");
        assertThat(pool.unfollowedRules()).as("of the fifth lane").isOne();
    }

    @Test
    void groupsWithOneRuleThatNeverHoldABlockTogetherLetNothingBeReused() {
        pool.store("a", null, 1, 8, H0, H1);
        store("a", group(1, GroupKind.STATE, 0, H0));
        store("a", group(2, GroupKind.STATE, 0, H1));
        assertThat(pool.reusable(8)).isEqualTo("a:0/2");
        pool.batch("a", LaneState::cleared);
        pool.store("a", null, 1, 8, H0, H1);
        store("a", group(1, GroupKind.STATE, 0, H0));
        store("a", group(2, GroupKind.STATE, 0, H1));
        assertThat(pool.reusable(8)).isEqualTo("a:0/2");
    }

    @Test
    void aSnapshotTellsGroupsThatHoldNothing() {
        store("a", group(1, GroupKind.STATE, 0, H3));
        pool.store("a", null, 1, 4, H0);
        assertThat(pool.reusable(4)).isEqualTo("a:0/1");
        assertThat(reusableAfter(snapshot("a"))).isZero();
    }

    @Test
    void whileASnapshotLoadsNoMoreCountsAsReusableThanAtItsEnd() {
        pool.store("a", null, 1, 8, H0, H1);
        store("a", group(1, GroupKind.STATE, 0, H0));
        List<Integer> reusable = new ArrayList<>();
        BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
        IndexLane lane = index.addLane("a", 0);
        long[] keys = {pool.lane("a").keyOf(H0), pool.lane("a").keyOf(H1)};
        PrefixLookup lookup = new PrefixLookup();
        snapshot("a").replaceIn((LaneDeltas) Proxy.newProxyInstance(
                LaneDeltas.class.getClassLoader(), new Class<?>[] {LaneDeltas.class}, (proxy, method, arguments) -> {
                    Object nothing = method.invoke(lane, arguments);
                    index.match(keys, 2, lookup);
                    reusable.add(lookup.size() == 0 ? 0 : lookup.reusableBlocks(lookup.first()));
                    return nothing;
                }));
        assertThat(reusable).allMatch(each -> each <= 1).last().isEqualTo(1);
    }

    private SnapshotSet snapshot(String lane) {
        SnapshotChunks chunks = new SnapshotChunks();
        pool.lane(lane).writeTo(chunks);
        SnapshotCut cut = new SnapshotCut(1, 1, 0, SnapshotCut.id(1, 0), 0, 0, 0, 5, 7, false, CopyCounting.DEFAULT);
        List<byte[]> sealed = chunks.seal(cut);
        LaneSnapshots snapshots = new LaneSnapshots();
        for (int i = 0; i < sealed.size(); i++) {
            assertThat(snapshots.chunk(0, i, sealed.get(i))).isNull();
        }
        snapshots.head(
                SnapshotHead.of(cut, 0, sealed, sealed.size(), chunks.blocks()).toBytes());
        return Objects.requireNonNull(snapshots.newestComplete());
    }

    /** Blocks of the prompt of H0 alone that an index lets be reused that has a snapshot, and one of a lane restored from it. */
    private int reusableAfter(SnapshotSet snapshot) {
        BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
        IndexLane lane = index.addLane("a", 0);
        snapshot.replaceIn(lane);
        PrefixLookup lookup = new PrefixLookup();
        index.match(new long[] {pool.lane("a").keyOf(H0)}, 1, lookup);
        assertThat(lookup.size()).isOne();
        assertThat(lane.hasOtherGroups()).isTrue();
        int reusable = lookup.reusableBlocks(lookup.first());
        pool.lane("a").restore(snapshot::writeTo);
        pool.batch("a", LaneState::cleared);
        pool.store("a", null, 1, 4, H0);
        assertThat(pool.reusable(4)).isEqualTo("a:" + reusable + "/1");
        return reusable;
    }

    private void store(String lane, StoredBlocks event) {
        pool.store(lane, event);
    }

    /** Blocks of 4 tokens; the event covers twice as many tokens as they have, for some are left out. */
    private static StoredBlocks group(int group, GroupKind kind, int windowTokens, long... hashes) {
        StoredBlocks event = PoolFixture.event(null, 1, 8 * hashes.length, hashes);
        event.blockTokens = 4;
        event.group = group;
        event.groupKind = kind;
        event.windowTokens = windowTokens;
        return event;
    }

    private void remove(String lane, int group, long... hashes) {
        RemovedBlocks removal = PoolFixture.removal(StorageTier.GPU, hashes);
        removal.group = group;
        pool.batch(lane, state -> state.removed(removal));
    }
}
