package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows 41 and 42 of specs/kv-cache-index.md, and the bounds. */
class SpeculationsTest {

    private final Speculations speculations = new Speculations();

    @Test
    @Tag("kv-index-41")
    void row41APromptUnderWayCountsUntilItsTimeIsOver() {
        speculations.add("a", keys(1, 4), 4, 0, 2_000);
        assertThat(match(keys(1, 2), 1_000)).containsExactly("a:2");
        assertThat(match(keys(1, 2), 3_000)).isEmpty();
    }

    @Test
    void theEndOfOnePromptLeavesAYoungerOneWithTheSameBlocks() {
        speculations.add("a", keys(1, 4), 4, 0, 2_000);
        speculations.add("a", keys(1, 4), 4, 1_500, 2_000);
        speculations.expire(2_000);
        assertThat(match(keys(1, 4), 2_000)).containsExactly("a:4");
    }

    @Test
    void everyCommonLengthIsFound() {
        for (int length = 1; length < 70; length++) {
            speculations.add("at-" + length, fork(length), 100, 0, 1_000);
        }
        Set<String> answers = match(keys(1, 100), 0);
        for (int length = 6; length < 70; length++) {
            assertThat(answers).contains("at-" + length + ":" + length);
        }
        assertThat(answers).as("the newest 64 of one first block").hasSize(64);
    }

    @Test
    void aCancelledPromptCountsNoMore() {
        Speculations.Chain chain = speculations.add("a", keys(1, 4), 4, 0, 2_000);
        speculations.cancel(chain);
        assertThat(match(keys(1, 4), 0)).isEmpty();
        assertThat(speculations.size()).isZero();
    }

    @Test
    void keysAreBounded() {
        for (int i = 0; i < 100; i++) {
            speculations.add("a", keys(1 + i * 1_000_000L, 100_000), 100_000, 0, 60_000);
        }
        assertThat(speculations.size()).isEqualTo(41);
        assertThat(match(keys(1 + 99 * 1_000_000L, 10), 0)).containsExactly("a:10");
        assertThat(match(keys(1, 10), 0)).isEmpty();
    }

    private static long[] fork(int length) {
        long[] keys = keys(1, 100);
        for (int i = length; i < 100; i++) {
            keys[i] += 1_000_000;
        }
        return keys;
    }

    private static long[] keys(long first, int count) {
        return LongStream.range(first, first + count).toArray();
    }

    private Set<String> match(long[] keys, long now) {
        Set<String> answers = new TreeSet<>();
        speculations.match(keys, keys.length, now, (endpoint, blocks) -> answers.add(endpoint + ":" + blocks));
        return answers;
    }
}
