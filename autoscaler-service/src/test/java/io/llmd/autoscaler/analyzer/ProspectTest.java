package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ProspectTest {

    private static double rate(Prospect prospect, double waiting) {
        return prospect.rate(new Backlog(waiting), 10, 60);
    }

    @Test
    void whatWaitsIsWorkedOffInItsTimeWhereReplicasComeAtOnce() {
        assertThat(rate(Prospect.STILL, 900)).isEqualTo(15);
        assertThat(rate(new Prospect(0.5, 0.5, 0, 0), 900))
                .as("5 a second are spare")
                .isEqualTo(10);
        assertThat(rate(new Prospect(1.5, 1.5, 0, 0), 900)).isZero();
    }

    @Test
    void whatFallsBehindUntilReplicasAreReadyCountsAtOnce() {
        assertThat(rate(new Prospect(-0.7, -0.7, 100, 0), 100))
                .as("100 wait, and 7 a second for 100 s more")
                .isCloseTo(800 / 60.0, within(1e-9));
    }

    @Test
    void whatIsGoneBeforeReplicasAreReadyNeedsNone() {
        assertThat(rate(new Prospect(0.2, 0.2, 100, 0), 190)).isZero();
        assertThat(rate(new Prospect(-0.7, 1, 100, 80), 600))
                .as("in 20 s those come that work it off")
                .isZero();
    }

    @Test
    void thoseThatHaveJustBegunToStartDoNotHelpBefore() {
        assertThat(rate(new Prospect(-0.7, 0.1, 100, 0), 100))
                .as("one more a second for a minute once they are ready")
                .isCloseTo(800 / 60.0 - 1, within(1e-9));
    }

    @Test
    void nothingIsForeseenWhileNothingWaits() {
        assertThat(rate(new Prospect(-0.7, -0.7, 100, 0), 0)).isZero();
    }

    @Test
    void noFurtherThanTwiceTheTimeToDrainIsLookedAhead() {
        assertThat(rate(new Prospect(-0.6, -0.6, 600, 0), 60)).isCloseTo((60 + 6 * 120) / 60.0, within(1e-9));
    }
}
