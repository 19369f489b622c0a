package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepTermsTest {

    private final SplittableRandom random = new SplittableRandom(11);
    private final LatencyInputs inputs = new LatencyInputs();

    @ParameterizedTest
    @EnumSource
    void theSumIsThatOfTheTermsTimesTheirFactors(StepTerms terms) {
        double[] observed = new double[terms.count()];
        double[] factors = new double[terms.count()];
        for (int i = 0; i < 50; i++) {
            any();
            Arrays.setAll(factors, j -> random.nextDouble());
            terms.fill(inputs, 12, observed);
            double sum = 0;
            for (int j = 0; j < factors.length; j++) {
                sum += factors[j] * observed[j];
            }
            assertThat(terms.sum(inputs, 12, factors)).isCloseTo(sum, within(1e-9));
        }
    }

    @ParameterizedTest
    @EnumSource
    void noTermIsBelowZero(StepTerms terms) {
        double[] observed = new double[terms.count()];
        inputs.set(-0.5, -1, -100, -3, -1, Double.NaN, -7);
        terms.fill(inputs, 0, observed);
        for (double term : observed) {
            assertThat(term).isNotNegative().isFinite();
        }
    }

    private void any() {
        inputs.set(
                random.nextDouble(),
                random.nextLong(1_000_000),
                random.nextInt(100_000),
                random.nextInt(20),
                random.nextLong(100),
                random.nextDouble(),
                random.nextLong(200_000));
    }
}
