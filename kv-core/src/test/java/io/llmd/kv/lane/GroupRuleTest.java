package io.llmd.kv.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.event.StoredBlocks.GroupKind;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupRuleTest {

    @ParameterizedTest
    @CsvSource({"1,9", "2,8", "8,2", "10,0", "64,0"})
    void aWindowNeedsItsLastBlocks(int blocks, int firstOfTen) {
        assertThat(GroupRule.firstNeeded(GroupRule.last(blocks), 10)).isEqualTo(firstOfTen);
    }

    @ParameterizedTest
    @CsvSource({"3,9", "5,10", "4,8", "10,10", "16,0", "1,10"})
    void aChunkNeedsItsBlocksSoFar(int blocks, int firstOfTen) {
        assertThat(GroupRule.firstNeeded(GroupRule.since(blocks), 10)).isEqualTo(firstOfTen);
    }

    @Test
    void windowsAreRoundedUpByAnEighthAtMostAndPowersOfTwoNotAtAll() {
        for (int blocks = 1; blocks <= 1920; blocks++) {
            int needed = 100_000 - GroupRule.firstNeeded(GroupRule.last(blocks), 100_000);
            assertThat(needed).as("%d", blocks).isBetween(blocks, blocks + blocks / 8);
            assertThat(Integer.bitCount(blocks) > 1 || needed == blocks).isTrue();
            assertThat(GroupRule.isRule(GroupRule.last(blocks))).isTrue();
        }
        assertThat(GroupRule.last(1921)).isEqualTo(GroupRule.ALL);
        assertThat(GroupRule.firstNeeded(GroupRule.ALL, 100_000)).isZero();
    }

    @Test
    void chunksThatAreNotExactAreNoRule() {
        assertThat(GroupRule.since(512)).isNotEqualTo(GroupRule.NONE);
        assertThat(GroupRule.since(513)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.since(0)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.since(1 << 20)).isEqualTo(GroupRule.NONE);
    }

    @Test
    void everyNumberOfARuleCanBeAskedAndNoOtherIsOne() {
        IntStream.rangeClosed(-300, 300).filter(GroupRule::isRule).forEach(rule -> {
            assertThat(rule).isBetween(1, 255);
            assertThat(GroupRule.firstNeeded(rule, 5_000)).isBetween(0, 5_000);
        });
        assertThat(IntStream.of(0, 128, 255, 256, -1).filter(GroupRule::isRule)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "SLIDING_WINDOW, 16, 1024, 64",
        "SLIDING_WINDOW, 16, 1025, 64",
        "SLIDING_WINDOW, 16, 1026, 68",
        "SLIDING_WINDOW, 16, 2, 1",
        "STATE, 16, 0, 1",
        "STATE, 160, 0, 1",
    })
    void kindsOfGroupsHaveTheirRules(GroupKind kind, int blockTokens, int windowTokens, int lastBlocks) {
        assertThat(GroupRule.of(event(kind, blockTokens, windowTokens), 16)).isEqualTo(GroupRule.last(lastBlocks));
    }

    @Test
    void whatCannotBeSaidInTheIndexsBlocksIsNoRule() {
        assertThat(GroupRule.of(event(GroupKind.FULL, 16, 0), 16)).isEqualTo(GroupRule.ALL);
        assertThat(GroupRule.of(event(GroupKind.CHUNKED, 16, 8192), 16)).isEqualTo(GroupRule.since(512));
        assertThat(GroupRule.of(event(GroupKind.CHUNKED, 16, 8200), 16)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.of(event(GroupKind.CHUNKED, 16, 0), 16)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.of(event(GroupKind.SLIDING_WINDOW, 32, 1024), 16)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.of(event(GroupKind.SLIDING_WINDOW, 16, 0), 16)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.of(event(GroupKind.STATE, 24, 0), 16)).isEqualTo(GroupRule.NONE);
        assertThat(GroupRule.of(event(GroupKind.OTHER, 16, 1024), 16)).isEqualTo(GroupRule.NONE);
    }

    private static StoredBlocks event(GroupKind kind, int blockTokens, int windowTokens) {
        StoredBlocks event = new StoredBlocks();
        event.groupKind = kind;
        event.blockTokens = blockTokens;
        event.windowTokens = windowTokens;
        return event;
    }
}
