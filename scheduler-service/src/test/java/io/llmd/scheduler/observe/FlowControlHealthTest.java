package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

class FlowControlHealthTest {

    @Test
    void flowControlThatDoesNothingForTooLongIsDown() {
        assertThat(health(Duration.ofSeconds(5)).getStatus()).isEqualTo(Status.UP);
        Health down = health(Duration.ofSeconds(6));
        assertThat(down.getStatus()).isEqualTo(Status.DOWN);
        assertThat(down.getDetails()).containsEntry("silent", "PT6S");
    }

    private static Health health(Duration silence) {
        return new FlowControlHealth(() -> silence, Duration.ofSeconds(5)).health();
    }
}
