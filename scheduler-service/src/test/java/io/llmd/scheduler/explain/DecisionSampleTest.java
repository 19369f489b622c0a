package io.llmd.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DecisionSampleTest {

    private static final long SECOND = 1_000_000_000L;

    private final DecisionSample sample = new DecisionSample(1, 200, 0);

    @Test
    void withinTheBoundAllAreTaken() {
        assertThat(taken(0, 200, 5)).isEqualTo(1_000);
    }

    @Test
    void aboveItFewerAreTakenFromTheSecondSecondOn() {
        taken(0, 20_000, 1);

        assertThat(taken(1, 20_000, 10)).isBetween(1_700L, 2_300L);
    }

    @Test
    void inTheFirstSecondTwiceTheBoundAreTakenAtMost() {
        assertThat(taken(0, 20_000, 1)).isEqualTo(400);

        taken(1, 100, 5);
        assertThat(taken(6, 20_000, 1)).isBetween(100L, 400L);
    }

    @Test
    void afterwardsAllAreTakenAgain() {
        taken(0, 20_000, 2);
        taken(2, 100, 2);

        assertThat(taken(4, 100, 2)).isEqualTo(200);
    }

    @Test
    void whileTheRateStaysAllAttemptsOfARequestAreTakenOrNone() {
        taken(0, 2_000, 2);

        assertThat(IntStream.range(0, 1_000)
                        .allMatch(i -> sample.takes("r" + i, 2 * SECOND) == sample.takes("r" + i, 2 * SECOND + 1)))
                .isTrue();
    }

    private long taken(int fromSecond, int requestsPerSecond, int seconds) {
        return IntStream.range(0, requestsPerSecond * seconds)
                .filter(i -> sample.takes("" + i, fromSecond * SECOND + i * (SECOND / requestsPerSecond)))
                .count();
    }
}
