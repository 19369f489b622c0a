package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kvindex.query.PopularPrefixes.Popular;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PopularPrefixesTest {

    private static final long HALF_LIFE = TimeUnit.SECONDS.toNanos(PopularPrefixes.HALVED_SECONDS);

    private final PopularPrefixes prefixes = new PopularPrefixes(0);

    @Test
    void whatSparesMostComesFirstAndShorterOnesOfTheSameAreLeftOut() {
        long[] system = LongStream.rangeClosed(1, 20).toArray();
        long[] other = LongStream.rangeClosed(101, 104).toArray();
        for (int i = 0; i < 10; i++) {
            prefixes.count(system, 20, 0);
            prefixes.count(other, 3, 0);
        }

        assertThat(prefixes.top(10, 0)).containsExactly(new Popular(16, 16, 10, 0), new Popular(102, 2, 10, 0));
        assertThat(prefixes.top(1, 0)).containsExactly(new Popular(16, 16, 10, 0));
    }

    @Test
    void aBeginningThatGoesOnDifferentlyStandsForItself() {
        for (int i = 0; i < 10; i++) {
            prefixes.count(new long[] {1, 2, 50 + i, 60 + i}, 4, 0);
        }

        assertThat(prefixes.top(1, 0)).containsExactly(new Popular(2, 2, 10, 0));
    }

    @Test
    void whatNobodyHoldsDoesNotCount() {
        prefixes.count(new long[] {1, 2, 3}, 0, 0);

        assertThat(prefixes.top(10, 0)).isEmpty();
    }

    @Test
    void oldQueriesCountHalfAndAreForgotten() {
        for (int i = 0; i < 4; i++) {
            prefixes.count(new long[] {7}, 1, 0);
        }

        assertThat(prefixes.top(1, HALF_LIFE)).containsExactly(new Popular(7, 1, 2, 0));
        assertThat(prefixes.top(1, 3 * HALF_LIFE)).isEmpty();
        assertThat(prefixes.top(1, 1000 * HALF_LIFE)).isEmpty();
    }

    @Test
    void amongManyThatOccurOnceThePopularOnesAreFoundAndOverstatedByNoMoreThanToldOf() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 40_000; i++) {
            prefixes.count(new long[] {random.nextLong()}, 1, 0);
            if (i % 100 == 0) {
                prefixes.count(new long[] {-1, -2}, 2, 0);
            }
        }

        List<Popular> top = prefixes.top(5, 0);

        assertThat(top.getFirst().key()).isEqualTo(-2);
        assertThat(top.getFirst().queries())
                .isBetween(400L, 400L + top.getFirst().overstatedBy());
        assertThat(top).hasSize(5);
    }
}
