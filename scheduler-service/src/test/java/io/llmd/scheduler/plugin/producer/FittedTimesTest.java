package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FittedTimesTest {

    private static final double[][] USUAL = {{1, 1}, {1, 8}};

    private final FittedTimes times = new FittedTimes(new double[] {10, 50}, USUAL, 5);

    @Test
    void withNothingLearntTheFactorsAreTheAssumedOnes() {
        assertThat(times.millis(new double[] {1, 4})).isEqualTo(210);
        assertThat(times.hasLearnt()).isFalse();
    }

    @Test
    void learnsTheFixedPartAndTheRateOfAnotherMachine() {
        for (int i = 0; i < 200; i++) {
            double thousands = 0.5 + i % 16;
            times.learn(30 + 120 * thousands, new double[] {1, thousands}, i);
        }

        assertThat(times.millis(new double[] {1, 2})).isCloseTo(270, within(35.0));
        assertThat(times.millis(new double[] {1, 12})).isCloseTo(1470, within(120.0));
    }

    @Test
    void oneWildTimeHardlyMatters() {
        for (int i = 0; i < 100; i++) {
            times.learn(210, new double[] {1, 4}, i);
        }
        times.learn(1_000_000, new double[] {1, 4}, 100);

        assertThat(times.millis(new double[] {1, 4})).isBetween(210.0, 220.0);
    }

    @Test
    void whatWasLearntIsForgottenWhileNothingIsMeasured() {
        for (int i = 0; i < 100; i++) {
            times.learn(630, new double[] {1, 4}, i);
        }
        double slow = times.millis(new double[] {1, 4});

        times.age(20 * 60_000);

        assertThat(slow).isCloseTo(630, within(20.0));
        assertThat(times.millis(new double[] {1, 4})).isCloseTo(210, within(20.0));
    }

    @Test
    void aTimeThatWasMeasuredBeforeTheLastOneDoesNotMakeTheOthersOlder() {
        for (int i = 0; i < 100; i++) {
            times.learn(630, new double[] {1, 4}, 20 * 60_000 + i);
        }
        double slow = times.millis(new double[] {1, 4});

        times.learn(630, new double[] {1, 4}, 0);
        times.age(20 * 60_000 + 100);

        assertThat(times.millis(new double[] {1, 4})).isCloseTo(slow, within(2.0));
    }

    @Test
    void factorsAreNeverBelowZero() {
        for (int i = 0; i < 100; i++) {
            times.learn(400 - 40 * (i % 8), new double[] {1, 1 + i % 8}, i);
        }

        assertThat(Arrays.stream(times.factors()).min().orElseThrow()).isNotNegative();
    }
}
