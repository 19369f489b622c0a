package io.llmd.autoscaler.planner;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.autoscaler.variant.Replicas;
import org.junit.jupiter.api.Test;

class StartsTest {

    private static final double START = 100;

    private Starts starts = Starts.NONE;

    private void seen(double now, int ready, int starting, int stuck) {
        seen(now, ready, starting, stuck, ready + starting + stuck);
    }

    private void seen(double now, int ready, int starting, int stuck, int asked) {
        starts = starts.seen(new Replicas(ready, starting, stuck, 0), asked, now, START);
    }

    @Test
    void stuckReplicasThatWereThereAtTheBeginningAreOneFailure() {
        seen(0, 3, 0, 3);
        assertThat(starts.failed()).isEqualTo(1);
        assertThat(starts.waitSeconds(0, START)).isZero();
    }

    @Test
    void thoseThatBecomeStuckOneByOneFailTogether() {
        seen(0, 1, 4, 0);
        seen(200, 1, 3, 1);
        seen(210, 1, 2, 2);
        seen(220, 1, 0, 4);
        assertThat(starts.failed()).isEqualTo(1);
    }

    @Test
    void eachFailureDoublesTheWaitUpToHalfAnHour() {
        double now = 0;
        double[] waits = new double[8];
        for (int i = 0; i < waits.length; i++) {
            now += 4_000;
            seen(now, 1, 0, i + 1);
            waits[i] = starts.waitSeconds(now, START);
        }
        assertThat(waits).containsExactly(0, 100, 200, 400, 800, 1_600, 1_800, 1_800);
        assertThat(starts.waitSeconds(now + 1_000, START)).isEqualTo(800);
    }

    @Test
    void oneThatStartsBringsHopeBack() {
        seen(0, 1, 0, 1);
        seen(300, 1, 0, 2);
        assertThat(starts.isHopeful()).isFalse();
        seen(400, 2, 0, 2);
        assertThat(starts.isHopeful()).isTrue();
        assertThat(starts.waitSeconds(400, START)).isZero();
    }

    @Test
    void oneThatWasReadyBeforeHasNotStarted() {
        seen(0, 3, 0, 1);
        seen(300, 3, 0, 2);
        for (int i = 0; i < 5; i++) {
            seen(400 + 20 * i, 2, 1, 2);
            seen(410 + 20 * i, 3, 0, 2);
        }
        assertThat(starts.failed()).isEqualTo(2);
        seen(600, 4, 0, 2);
        assertThat(starts.isHopeful()).isTrue();
    }

    @Test
    void afterFewerWereAskedForOthersMayStart() {
        seen(0, 6, 0, 1);
        seen(10, 6, 0, 1, 2);
        seen(20, 2, 0, 1, 2);
        assertThat(starts.failed()).as("what is taken away is no start").isEqualTo(1);
        seen(100, 3, 0, 1, 4);
        assertThat(starts.isHopeful()).isTrue();
    }

    @Test
    void whereOthersOfTheSameTimeHaveStartedTheRestIsNoFailure() {
        seen(0, 2, 4, 0);
        seen(90, 4, 2, 0);
        seen(200, 4, 0, 2);
        assertThat(starts.isHopeful()).isTrue();
    }

    @Test
    void failuresAreForgottenOnceNothingIsStuckForHalfAnHour() {
        seen(0, 1, 0, 1);
        seen(300, 1, 0, 2);
        seen(1_000, 1, 0, 0);
        assertThat(starts.failed()).isEqualTo(2);
        seen(2_200, 1, 0, 0);
        assertThat(starts.failed()).isZero();
    }
}
