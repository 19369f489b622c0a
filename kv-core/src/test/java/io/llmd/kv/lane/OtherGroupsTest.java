package io.llmd.kv.lane;

import static io.llmd.kv.lane.PoolFixture.H0;
import static io.llmd.kv.lane.PoolFixture.H1;
import static io.llmd.kv.lane.PoolFixture.H2;
import static io.llmd.kv.lane.PoolFixture.H3;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.event.StoredBlocks.GroupKind;
import org.junit.jupiter.api.Test;

/** Row 26 at the second level of 4.3: what other KV-cache groups let an engine reuse. */
class OtherGroupsTest {

    private final PoolFixture pool = new PoolFixture();

    @Test
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
        assertThat(pool.reusable(8)).as("nothing of its groups is known").isEqualTo("a:2/2");
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
        assertThat(pool.reusable(4)).isEqualTo("a:1/1");
        assertThat(pool.lane("a").counters().otherGroups()).isEqualTo(40 - GroupBlocks.MAX_RULES);
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
