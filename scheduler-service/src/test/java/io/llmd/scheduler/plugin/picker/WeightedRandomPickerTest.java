package io.llmd.scheduler.plugin.picker;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class WeightedRandomPickerTest {

    private static final int RUNS = 10_000;

    @Test
    @Tag("scheduling-50")
    void theFirstIsDrawnInProportionToTheTotals() {
        assertThat(firsts(3, 1)[0] / (double) RUNS).isCloseTo(0.75, within(0.03));
    }

    @Test
    @Tag("scheduling-50")
    void allZeroMeansUniform() {
        assertThat(firsts(0, 0)[0] / (double) RUNS).isCloseTo(0.5, within(0.03));
    }

    @Test
    @Tag("scheduling-50")
    void zeroAmongPositivesIsNeverFirst() {
        assertThat(firsts(0, 0.001)[0]).isZero();
    }

    @Test
    void zeroComesAfterAllOthers() {
        WeightedRandomPicker picker = new WeightedRandomPicker(new PickerParams(3));
        int[] picked = picker.pick(request(), idle("a", "b", "c"), new double[] {0, 2, 1});
        assertThat(picked).hasSize(3).endsWith(0);
    }

    private static int[] firsts(double... totals) {
        WeightedRandomPicker picker = new WeightedRandomPicker(new PickerParams(1));
        SplittableRandom random = new SplittableRandom(7);
        int[] counts = new int[totals.length];
        for (int i = 0; i < RUNS; i++) {
            counts[picker.pick(request(random), idle("a", "b"), totals)[0]]++;
        }
        return counts;
    }
}
