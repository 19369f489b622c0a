package io.llmd.scheduler.plugin.picker;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.Candidates;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MaxScorePickerTest {

    private final Candidates candidates = idle("a", "b", "c");

    @Test
    @Tag("scheduling-49")
    void tiesAreDrawnEvenlyAndTheWorstNever() {
        MaxScorePicker picker = new MaxScorePicker(new PickerParams(1));
        SplittableRandom random = new SplittableRandom(7);
        int[] counts = new int[3];
        for (int i = 0; i < 10_000; i++) {
            counts[picker.pick(request(random), candidates, new double[] {0.9, 0.9, 0.1})[0]]++;
        }
        assertThat(counts[0] / 10_000.0).isCloseTo(0.5, within(0.03));
        assertThat(counts[2]).isZero();
    }

    @Test
    @Tag("scheduling-49")
    void severalEndpointsComeBestFirst() {
        MaxScorePicker picker = new MaxScorePicker(new PickerParams(2));
        assertThat(picker.pick(request(), candidates, new double[] {0.9, 0.9, 0.1}))
                .containsExactlyInAnyOrder(0, 1);
        assertThat(picker.pick(request(), candidates, new double[] {0.1, 0.5, 0.9}))
                .containsExactly(2, 1);
    }

    @Test
    void moreThanThereAreMeansAll() {
        MaxScorePicker picker = new MaxScorePicker(new PickerParams(9));
        assertThat(picker.pick(request(), candidates, new double[] {0.1, 0.5, 0.9}))
                .containsExactly(2, 1, 0);
    }

    @Test
    void aCountThatIsNotPositiveMeansOne() {
        MaxScorePicker picker = new MaxScorePicker(new PickerParams(-4));
        assertThat(picker.pick(request(), candidates, new double[] {0.1, 0.5, 0.9}))
                .containsExactly(2);
    }
}
