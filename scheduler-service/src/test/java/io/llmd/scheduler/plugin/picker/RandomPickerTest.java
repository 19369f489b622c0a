package io.llmd.scheduler.plugin.picker;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.Candidates;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RandomPickerTest {

    private final Candidates candidates = idle("a", "b", "c");

    @Test
    void everybodyIsEquallyLikelyWhateverTheTotals() {
        RandomPicker picker = new RandomPicker(new PickerParams(1));
        SplittableRandom random = new SplittableRandom(7);
        int[] counts = new int[3];
        for (int i = 0; i < 9_000; i++) {
            counts[picker.pick(request(random), candidates, new double[] {9, 0, 0})[0]]++;
        }
        for (int count : counts) {
            assertThat(count / 9_000.0).isCloseTo(1 / 3.0, within(0.03));
        }
    }

    @Test
    void severalEndpointsAreDifferent() {
        RandomPicker picker = new RandomPicker(new PickerParams(3));
        assertThat(picker.pick(request(), candidates, new double[3])).containsExactlyInAnyOrder(0, 1, 2);
    }
}
