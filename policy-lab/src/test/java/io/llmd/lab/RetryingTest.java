package io.llmd.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Outage;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.traffic.ChatSessions;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RetryingTest {

    private static final Fleet FLEET = Fleet.DEFAULT.withEndpoints(3);
    private static final ChatSessions CHATS = new ChatSessions(new ChatSessions.Shape(30, 6, 4, 500, 3, 300, 60, 1));

    @Test
    void outagesComeAgain() {
        Outage outage = new Outage(1, 30, 10, 60);

        assertThat(outage.covers(1, 29_000_000_000L)).isFalse();
        assertThat(outage.covers(1, 31_000_000_000L)).isTrue();
        assertThat(outage.covers(0, 31_000_000_000L)).isFalse();
        assertThat(outage.covers(1, 41_000_000_000L)).isFalse();
        assertThat(outage.covers(1, 95_000_000_000L)).isTrue();
        assertThat(Outage.NONE.covers(0, 0)).isFalse();
    }

    @Test
    void whoHearsOfFailuresSendsTheSecondAttemptElsewhere() throws IOException {
        RunResult result = run("time-cost", new Outage(0, 0, 1000, 0));

        assertThat(result.requests()).isPositive();
        assertThat(result.rejected()).isZero();
        assertThat(result.finished()).isEqualTo(result.requests());
    }

    @Test
    void whoChoosesTheSameEndpointAgainRefuses() throws IOException {
        assertThat(run("session-affinity", new Outage(0, 0, 1000, 0)).rejected())
                .isPositive();
    }

    private static RunResult run(String contender, Outage outage) throws IOException {
        Scenario scenario = new Scenario(CHATS, FLEET, Conditions.DEFAULT.withOutage(outage), Slo.DEFAULT);
        return Lab.run(scenario, Contenders.find(contender), 1);
    }
}
