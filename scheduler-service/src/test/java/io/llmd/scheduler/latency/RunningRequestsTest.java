package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunningRequestsTest {

    private final RunningRequests running = new RunningRequests();

    @Test
    void theStrictestObjectiveOfThoseThatRunCounts() {
        running.add("a", 50);
        running.add("a", 20);
        running.add("a", 20);
        running.add("a", 0);
        running.add("b", 5);
        assertThat(running.count("a")).isEqualTo(4);
        assertThat(running.strictestObjectiveMillis("a")).isEqualTo(20);
        running.remove("a", 20);
        assertThat(running.strictestObjectiveMillis("a")).isEqualTo(20);
        running.remove("a", 20);
        assertThat(running.strictestObjectiveMillis("a")).isEqualTo(50);
    }

    @Test
    void anEndpointWithoutRequestsIsForgotten() {
        running.add("a", 50);
        running.remove("a", 50);
        assertThat(running.count("a")).isZero();
        assertThat(running.strictestObjectiveMillis("a")).isZero();
        running.remove("a", 50);
        assertThat(running.count("a")).isZero();
    }
}
