package io.llmd.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DistributionTest {

    @Test
    void quantilesAreWithinOneStepOfTheValue() {
        Distribution.Builder builder = new Distribution.Builder();
        for (long value = 1; value <= 1_000; value++) {
            builder.add(value * 1_000);
        }
        Distribution times = builder.build();

        assertThat(times.quantile(0.5)).isBetween(492_000L, 500_000L);
        assertThat(times.quantile(0.99)).isBetween(974_000L, 990_000L);
        assertThat(times.quantile(1)).isBetween(984_000L, 1_000_000L);
        assertThat(times.size()).isEqualTo(1_000);
    }

    @Test
    void nothingSeenHasNoQuantile() {
        assertThat(Distribution.EMPTY.quantile(0.5)).isEqualTo(-1);
    }

    @Test
    void distributionsAddUp() {
        Distribution.Builder both = new Distribution.Builder();
        both.addAll(of(10, 20));
        both.addAll(of(30, 30));

        assertThat(both.build().quantile(0.5)).isEqualTo(20);
        assertThat(both.build().size()).isEqualTo(4);
    }

    private static Distribution of(long... values) {
        Distribution.Builder builder = new Distribution.Builder();
        for (long value : values) {
            builder.add(value);
        }
        return builder.build();
    }
}
