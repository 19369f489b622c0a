package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatencyModelTest {
    private static final LatencyModel.Constant MEAN = new LatencyModel.Constant(100, 10, 0, 0);
    private static final TableLatency TABLE = new TableLatency(
            new TableLatency.Grid(
                    new double[] {100, 200, 400}, new double[] {0, 1000}, new double[][] {{10, 14}, {20, 28}, {50, 58}
                    }),
            new TableLatency.Grid(new double[] {1, 11}, new double[] {1000, 2000}, new double[][] {{5, 6}, {15, 26}}),
            7);

    @Test
    void fullerBatchesAreSlowerByTheFactorUnderLoad() {
        VariedLatency varied = new VariedLatency(MEAN, 0, 0, 0, 3, 5);
        assertThat(varied.stepNanos(decodes(1, 100))).isEqualTo(10);
        assertThat(varied.stepNanos(decodes(3, 100))).isEqualTo(20);
        assertThat(varied.stepNanos(decodes(5, 100), 1)).isEqualTo(30);
        assertThat(new VariedLatency(MEAN, 0, 0, 0, 3, 1).stepNanos(decodes(1, 100)))
                .isEqualTo(10);
    }

    @Test
    void drawsHaveTheirMeanAndDeviationAndStayInBounds() {
        VariedLatency varied = new VariedLatency(new LatencyModel.Constant(0, 1_000_000, 0, 0), 0, 300_000, 0, 1, 8);
        double[] drawn = new double[20_000];
        Arrays.setAll(drawn, i -> varied.stepNanos(decodes(1, 100), i));
        double mean = Arrays.stream(drawn).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(drawn)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow());
        assertThat(mean).isCloseTo(1_000_000, Percentage.withPercentage(1));
        assertThat(deviation).isCloseTo(300_000, Percentage.withPercentage(4));
        assertThat(Arrays.stream(drawn).min().orElseThrow()).isGreaterThanOrEqualTo(300_000);
        assertThat(Arrays.stream(drawn).max().orElseThrow()).isLessThanOrEqualTo(1_700_000);
        assertThat(varied.stepNanos(decodes(1, 100), 5)).isEqualTo(drawn[5]);
    }

    @Test
    void deviationsBeyondThirtyPercentAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VariedLatency(MEAN, 31, 0, 0, 1, 1))
                .withMessage("standard deviation of timeToFirstToken: 31 ns (expected: 0 to 30 % of 100 ns)");
        assertThatIllegalArgumentException().isThrownBy(() -> new VariedLatency(MEAN, 0, 0, 0, 0.9, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "100, 0, 10",
        "150, 0, 15",
        "300, 500, 39",
        "500, 0, 65",
        "50, 0, 5",
        "1, 0, 0.1",
    })
    void prefillsLieBetweenMeasurementsAndGoOnBeyondThem(int tokens, int context, double nanos) {
        assertThat(TABLE.stepNanos(prefill(tokens, context))).isCloseTo(nanos, within(1e-9));
    }

    @Test
    void decodesAreInterpolatedByNumberAndMeanContext() {
        assertThat(TABLE.stepNanos(decodes(1, 1000))).isEqualTo(5);
        assertThat(TABLE.stepNanos(decodes(6, 1500))).isCloseTo(13, within(1e-9));
        assertThat(TABLE.apiNanos()).isEqualTo(7);
    }

    @Test
    void decodesBesideAPromptAddWhatTheyTakeBeyondTheSmallestStep() {
        StepLoad mixed = new StepLoad(111, 12, 12, 11, 11 * 1000, 100 * 50, 0, 100, 1, 1);
        assertThat(TABLE.stepNanos(mixed)).isCloseTo(10 + 15 - 5, within(1e-9));
    }

    @Test
    void gridsThatAreNoGridsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TableLatency.Grid(new double[] {2, 1}, new double[] {0}, new double[2][1]))
                .withMessageStartingWith("sizes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TableLatency.Grid(new double[] {1}, new double[] {0, 1}, new double[1][1]));
    }

    private static StepLoad decodes(int sequences, int context) {
        return new StepLoad(sequences, sequences, sequences, sequences, (long) sequences * context, 0, 0, 0, 0, 0);
    }

    private static StepLoad prefill(int tokens, int context) {
        return new StepLoad(tokens, 1, 1, 0, 0, tokens * (context + tokens / 2.0), context, tokens, 1, 1);
    }
}
