package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.LatencyObjectives;
import org.junit.jupiter.api.Test;

class MissesTest {

    private final Misses misses = new Misses(1000, 0.2, 0.1);

    @Test
    void whatIsExpectedToTakeAsLongAsAskedForIsLateEverySecondTime() {
        assertThat(misses.likely(50, 50)).isEqualTo(0.5);
        assertThat(misses.likely(new LatencyObjectives(1000, 0), 1000, 0)).isEqualTo(0.5);
        assertThat(misses.likely(new LatencyObjectives(1000, 50), 1000, 50)).isEqualTo(0.75);
    }

    @Test
    void errorsAreNormal() {
        Misses sure = new Misses(1000, 0, 0);

        assertThat(sure.likely(70, 100)).isCloseTo(0.1587, within(0.001));
        assertThat(sure.likely(40, 100)).isCloseTo(0.0228, within(0.001));
        assertThat(sure.likely(130, 100)).isCloseTo(0.8413, within(0.001));
        assertThat(misses.likely(40, 100)).as("not sure").isCloseTo(0.0243, within(0.001));
    }

    @Test
    void whoAsksForNothingMissesNothing() {
        assertThat(misses.likely(LatencyObjectives.NONE, 1e9, 1e9)).isZero();
        assertThat(misses.cost(LatencyObjectives.NONE, 1e9, 1e9)).isZero();
    }

    @Test
    void whatNeverComesTrueCostsLessAndLess() {
        FleetTimes fleet = new FleetTimes();
        assertThat(fleet.misses().millis()).as("nothing is known of answers").isZero();
        fleet.answered(500, 10_000, 200);
        double before = fleet.misses().millis();
        for (int i = 0; i < 200; i++) {
            fleet.objectivesWere(0.5, false);
        }

        assertThat(before).isEqualTo(10_000);
        assertThat(fleet.misses().millis()).isLessThan(10);
    }

    @Test
    void whatWasNotExpectedCountsTwiceAtMost() {
        FleetTimes fleet = new FleetTimes();
        fleet.answered(500, 10_000, 200);
        for (int i = 0; i < 400; i++) {
            fleet.objectivesWere(0.001, i % 10 == 0);
        }

        assertThat(fleet.misses().millis()).isBetween(17_000.0, 19_000.0);
    }

    @Test
    void whereHardlyAnyAnswerIsInTimeLittleIsToBeLost() {
        FleetTimes fleet = new FleetTimes();
        fleet.answered(500, 10_000, 200);
        for (int i = 0; i < 400; i++) {
            fleet.objectivesWere(0.95, i % 20 != 0);
        }

        assertThat(fleet.misses().millis()).isBetween(300.0, 800.0);
    }

    @Test
    void expectationsThatComeTrueAreTrusted() {
        FleetTimes fleet = new FleetTimes();
        for (int i = 0; i < 300; i++) {
            fleet.tokensWere(40, 40);
            fleet.firstTokenWas(400, 200);
        }

        assertThat(fleet.misses().tokenError()).isLessThan(0.01);
        assertThat(fleet.misses().firstTokenError()).isCloseTo(1, within(0.01));
    }
}
