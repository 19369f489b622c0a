package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.home.SuitePorts;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClosingScreenTest {

    @Test
    void screenReadsLikeThis() {
        TrialPlan plan = new TrialPlan(new SuitePorts(8080), 3, "sim-8b", null, false, false);

        assertThat(ClosingScreen.text(plan, new DemoKey("sk-demo-abc"), Duration.ofMillis(14_230)))
                .isEqualTo("""

                         ready in 14.2 s      3 endpoints   model sim-8b   key sk-demo-abc

                         Console      http://localhost:8080/console
                         Chat         http://localhost:8080/console/chat
                         API          http://localhost:8080/v1          (OpenAI base URL)
                         API docs     http://localhost:8080/docs
                         Metrics      http://localhost:9080/actuator/prometheus
                         Services     http://localhost:8888/admin         (health of each, Spring Boot Admin)

                         Try:
                           curl -N http://localhost:8080/v1/chat/completions -H "authorization: Bearer sk-demo-abc" \\
                             -H "content-type: application/json" \\
                             -d '{"model":"sim-8b","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
                           ./llmd chat "Hello"
                           ./llmd load --rps 10 --for 30s           # watch the console while it runs
                           ./llmd explain last                      # why that endpoint
                           ./llmd fault sim-2 stall --after 5       # break one endpoint, see what happens
                           ./llmd top
                           ./llmd status
                           ./llmd down
                        """);
    }

    @Test
    void endpointToBreakIsOneThatIsThere() {
        TrialPlan plan = new TrialPlan(
                new SuitePorts(8080), 1, 0, 0, "sim-8b", null, false, false, new Scaling(6, Duration.ofSeconds(10)));

        assertThat(ClosingScreen.text(plan, new DemoKey("sk-demo-abc"), Duration.ofMillis(14_230)))
                .contains("./llmd fault sim-1 stall")
                .doesNotContain("sim-2");
    }
}
