package io.llmd.lab.autoscale;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.lab.autoscale.Actuation.Side;
import org.junit.jupiter.api.Test;

class HpaTest {

    private static Hpa hpa(Actuation actuation) {
        return new Hpa(actuation, ScaleWorkloads.large(1, 20, 4));
    }

    @Test
    void whatIsWithinATenthChangesNothing() {
        Hpa hpa = hpa(Actuation.HPA);

        assertThat(hpa.sync(10.9, 10, 15)).isEqualTo(10);
        assertThat(hpa.sync(11.2, 10, 30)).isEqualTo(12);
    }

    @Test
    void whatIsNotKnownChangesNothing() {
        assertThat(hpa(Actuation.HPA).sync(Double.NaN, 7, 15)).isEqualTo(7);
    }

    @Test
    void lessIsAskedForAfterTheWholeWindowAlone() {
        Hpa hpa = hpa(Actuation.HPA);

        assertThat(hpa.sync(8, 8, 15)).isEqualTo(8);
        assertThat(hpa.sync(2, 8, 30)).isEqualTo(8);
        assertThat(hpa.sync(2, 8, 300)).isEqualTo(8);
        assertThat(hpa.sync(2, 8, 330)).isEqualTo(2);
    }

    @Test
    void moreIsAskedForInStepsOfTheLargerPolicy() {
        Hpa hpa = hpa(Actuation.HPA);

        assertThat(hpa.sync(20, 2, 15)).isEqualTo(6);
        assertThat(hpa.sync(20, 6, 30)).isEqualTo(12);
    }

    @Test
    void oneInTwoMinutesGoesAtMost() {
        Hpa hpa = hpa(new Actuation(15, 0, Side.AT_ONCE, new Side(0, 0, 1, 120)));

        assertThat(hpa.sync(1, 8, 15)).isEqualTo(7);
        assertThat(hpa.sync(1, 7, 30)).isEqualTo(7);
        assertThat(hpa.sync(1, 7, 150)).isEqualTo(6);
    }
}
