package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class ConformalBoundTest {

    private final SplittableRandom random = new SplittableRandom(3);
    private final ConformalBound bound = new ConformalBound(0.9);

    @Test
    void nineOfTenStayWithinTheBoundWhateverTheNoise() {
        assertThat(coverage(4000, i -> Math.exp(0.5 * random.nextGaussian()))).isCloseTo(0.9, within(0.01));
        assertThat(bound.factor()).isCloseTo(Math.exp(0.5 * 1.2816), within(0.25));
    }

    @Test
    void theyAlsoDoWhileTheNoiseGrows() {
        assertThat(coverage(4000, i -> Math.exp((0.1 + i / 4000.0) * random.nextGaussian())))
                .isCloseTo(0.9, within(0.02));
    }

    @Test
    void withoutMeasuredTimesTheBoundIsTwiceThePrediction() {
        assertThat(bound.factor()).isEqualTo(2);
        bound.add(1, true);
        assertThat(bound.factor()).isEqualTo(2);
    }

    @Test
    void afterForgettingOnlyNewRatiosCount() {
        coverage(1000, i -> 5);
        bound.forget();
        coverage(200, i -> 1);
        assertThat(bound.factor()).isEqualTo(1);
    }

    @Test
    void onlyTheNewestRatiosCountHoweverManyThereWere() {
        coverage(10 * ConformalBound.WINDOW + 7, i -> 5);
        coverage(ConformalBound.WINDOW, i -> 1);
        assertThat(bound.factor()).isEqualTo(1);
    }

    @Test
    void aCoverageOfAllIsRefused() {
        assertThatThrownBy(() -> new ConformalBound(1)).hasMessageContaining("coverage: 1.0");
    }

    private double coverage(int times, IntToDoubleFunction ratios) {
        int covered = 0;
        for (int i = 0; i < times; i++) {
            double ratio = ratios.applyAsDouble(i);
            boolean isCovered = ratio <= bound.factor();
            covered += isCovered ? 1 : 0;
            bound.add(ratio, isCovered);
        }
        return (double) covered / times;
    }
}
