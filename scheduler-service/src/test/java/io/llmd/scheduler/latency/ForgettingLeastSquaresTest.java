package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ForgettingLeastSquaresTest {

    @Test
    void inAnotherUnitAllGoesOnAsIfItHadAlwaysBeenMeasuredInIt() {
        SplittableRandom some = new SplittableRandom(9);
        ForgettingLeastSquares inOld = new ForgettingLeastSquares(3, 0.99);
        ForgettingLeastSquares inNew = new ForgettingLeastSquares(3, 0.99);
        for (int i = 0; i < 300; i++) {
            if (i == 150) {
                inOld.rescale(5, 2);
            }
            double[] observed = {1, some.nextDouble(10), some.nextDouble(1, 2)};
            double value = (3 + 2 * observed[1] + 4 * observed[2]) * some.nextDouble(0.9, 1.1);
            double[] scaled = {1, observed[1], 5 * observed[2]};
            double unit = i < 150 ? 1 : 5;
            inOld.add(i < 150 ? observed : scaled, value * unit, 1 / (value * unit * value * unit));
            inNew.add(scaled, 5 * value, 1 / (25 * value * value));
            inOld.solve();
            inNew.solve();
        }
        assertThat(inOld.factors()).containsExactly(inNew.factors(), within(1e-6));
        assertThat(inOld.factors()[2]).isCloseTo(4, within(2.0));
    }

    private final SplittableRandom random = new SplittableRandom(7);

    @Test
    void theFactorsOfASumAreFound() {
        ForgettingLeastSquares squares = new ForgettingLeastSquares(3, 0.999);
        observe(squares, 400, 5, 2, 0.5);
        assertThat(squares.factors()).containsExactly(new double[] {5, 2, 0.5}, within(0.05));
    }

    @Test
    void noFactorFallsBelowZero() {
        ForgettingLeastSquares squares = new ForgettingLeastSquares(3, 0.999);
        observe(squares, 400, 50, 2, -1);
        assertThat(squares.factors()[2]).isZero();
        assertThat(squares.factors()[1]).isCloseTo(2, within(0.3));
    }

    @Test
    void newObservationsReplaceOldOnes() {
        ForgettingLeastSquares squares = new ForgettingLeastSquares(3, 0.99);
        observe(squares, 600, 5, 2, 0.5);
        observe(squares, 1000, 1, 4, 0.5);
        assertThat(squares.factors()).containsExactly(new double[] {1, 4, 0.5}, within(0.1));
    }

    @Test
    void aFactorStaysWhenItsTermIsNotObservedForLong() {
        ForgettingLeastSquares squares = new ForgettingLeastSquares(3, 0.99);
        observe(squares, 600, 5, 2, 0.5);
        for (int i = 0; i < 3000; i++) {
            double x = random.nextDouble(10);
            squares.add(new double[] {1, x, 0}, 5 + 2 * x, 1);
            squares.solve();
        }
        assertThat(squares.factors()[2]).isCloseTo(0.5, within(0.05));
    }

    @Test
    void whatIsForgottenIsSoonOverruled() {
        ForgettingLeastSquares squares = new ForgettingLeastSquares(3, 0.999);
        observe(squares, 600, 5, 2, 0.5);
        squares.forget(0.01);
        observe(squares, 100, 1, 4, 0.5);
        assertThat(squares.factors()).containsExactly(new double[] {1, 4, 0.5}, within(0.5));
    }

    @Test
    void aShareThatGrowsIsRefused() {
        assertThatThrownBy(() -> new ForgettingLeastSquares(3, 1.1)).hasMessageContaining("remembered: 1.1");
    }

    private void observe(ForgettingLeastSquares squares, int times, double a, double b, double c) {
        for (int i = 0; i < times; i++) {
            double x = random.nextDouble(10);
            double y = random.nextDouble(10);
            squares.add(new double[] {1, x, y}, a + b * x + c * y, 1);
            squares.solve();
        }
    }
}
