package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SoakTrendTest {

    private final SoakTrend trend = new SoakTrend();

    @Test
    void aLineRisesByItsSlopeAndOddValuesDoNotMoveIt() {
        for (int minute = 0; minute < 60; minute++) {
            trend.add(minute / 60.0, minute % 10 == 3 ? 500 : 40 + 2 * minute / 60.0);
        }

        assertThat(trend.perHour()).isCloseTo(2, within(0.2));
    }

    @Test
    void orderDoesNotMatterAndWhatFallsIsNegative() {
        trend.add(2, 10);
        trend.add(1, 13);
        trend.add(1.5, 11.5);

        assertThat(trend.perHour()).isCloseTo(-3, within(1e-9));
        assertThat(trend.values()).containsExactly(10.0, 13.0, 11.5);
    }

    @Test
    void tooFewValuesTellNothing() {
        trend.add(1, 10);
        trend.add(2, 11);

        assertThat(trend.size()).isLessThan(SoakTrend.LEAST_VALUES);
        assertThatThrownBy(trend::perHour)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("values: 2");
    }
}
