package io.llmd.scheduler.plugin.picker;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SoftmaxPickerTest {

    private static final int RUNS = 20_000;

    @Test
    @Tag("scheduling-81")
    void theRangeOfTotalsAndTheTemperatureGiveTheShares() {
        assertThat(shareOfFirst(0.5, -56, -74)).isCloseTo(0.881, within(0.01));
        assertThat(shareOfFirst(0.5, -74, -56)).isCloseTo(0.119, within(0.01));
        assertThat(shareOfFirst(0.5, 0.56, 0.38)).isCloseTo(0.881, within(0.01));
    }

    @Test
    @Tag("scheduling-81")
    void temperatureZeroTakesTheBest() {
        assertThat(shareOfFirst(0, 2, 1)).isEqualTo(1.0);
        assertThat(shareOfFirst(0, 1, 2)).isZero();
    }

    @Test
    @Tag("scheduling-81")
    void equalTotalsAreDrawnUniformly() {
        assertThat(shareOfFirst(0.5, 3, 3)).isCloseTo(0.5, within(0.02));
        assertThat(shareOfFirst(0, 3, 3)).isCloseTo(0.5, within(0.02));
    }

    @Test
    void fallbacksAreOtherEndpoints() {
        SoftmaxPicker picker = new SoftmaxPicker(new SoftmaxPicker.Params(0.5, 3));
        assertThat(picker.pick(request(), idle("a", "b", "c"), new double[] {1, 2, 3}))
                .containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void aTemperatureThatIsNoneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SoftmaxPicker.Params(-0.1, 1))
                .withMessage("temperature: -0.1 (expected: finite, >= 0)");
        assertThatIllegalArgumentException().isThrownBy(() -> new SoftmaxPicker.Params(Double.NaN, 1));
    }

    private static double shareOfFirst(double temperature, double... totals) {
        SoftmaxPicker picker = new SoftmaxPicker(new SoftmaxPicker.Params(temperature, 1));
        SplittableRandom random = new SplittableRandom(11);
        int first = 0;
        for (int i = 0; i < RUNS; i++) {
            first += picker.pick(request(random), idle("a", "b"), totals)[0] == 0 ? 1 : 0;
        }
        return first / (double) RUNS;
    }
}
