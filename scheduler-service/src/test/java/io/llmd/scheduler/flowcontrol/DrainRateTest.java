package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DrainRateTest {

    private final DrainRate rate = new DrainRate(0);

    @Test
    void adviceIsTheTimeInWhichTheQueueDrainsFromOneSecondToSixty() {
        long now = 0;
        for (int second = 1; second <= 60; second++) {
            now = Duration.ofSeconds(second).toNanos();
            rate.dispatched(10, now);
        }

        assertThat(rate.retryAfter(200, now)).isBetween(Duration.ofSeconds(18), Duration.ofSeconds(21));
        assertThat(rate.retryAfter(1, now)).isEqualTo(Duration.ofSeconds(1));
        assertThat(rate.retryAfter(100_000, now)).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void withoutAnyDispatchThereIsAGuess() {
        assertThat(rate.retryAfter(10, Duration.ofSeconds(9).toNanos())).isEqualTo(DrainRate.UNKNOWN);
    }
}
