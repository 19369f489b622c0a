package io.llmd.launcher.up;

import io.llmd.launcher.terminal.Durations;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a started trial says. Every line works as it stands. */
final class ClosingScreen {

    private ClosingScreen() {}

    static String text(TrialPlan plan, DemoKey key, Duration elapsed) {
        int port = plan.ports().gateway();
        return """

                 ready in %s      %d %s   model %s   key %s

                 Console      http://localhost:%d/console
                 Chat         http://localhost:%d/console/chat
                 API          http://localhost:%d/v1          (OpenAI base URL)
                 API docs     http://localhost:%d/docs
                 Metrics      http://localhost:%d/actuator/prometheus
                 Services     http://localhost:%d/admin         (health of each, Spring Boot Admin)

                 Try:
                   curl -N http://localhost:%d/v1/chat/completions -H "authorization: Bearer %s" \\
                     -H "content-type: application/json" \\
                     -d '{"model":"%s","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
                   ./llmd chat "Hello"
                   ./llmd load --rps 10 --for 30s           # watch the console while it runs
                   ./llmd explain last                      # why that endpoint
                   ./llmd fault %s stall --after 5       # break one endpoint, see what happens
                   ./llmd top
                   ./llmd status
                   ./llmd down
                """.formatted(
                                Durations.seconds(elapsed),
                                plan.endpoints(),
                                plan.endpoints() == 1 ? "endpoint" : "endpoints",
                                plan.model(),
                                key.secret(),
                                port,
                                port,
                                port,
                                port,
                                plan.ports().gatewayManagement(),
                                plan.ports().configServer(),
                                port,
                                key.secret(),
                                plan.model(),
                                plan.endpoints() == 1 ? "sim-1" : "sim-2")
                + gateways(plan)
                + scaling(plan);
    }

    private static String gateways(TrialPlan plan) {
        return plan.gateways() == 1
                ? ""
                : "\n Further gateways, each with a scheduler of its own; './llmd load' goes to all in turn:\n"
                        + IntStream.rangeClosed(2, plan.gateways())
                                .mapToObj(number -> "   http://localhost:"
                                        + plan.ports().ofGateway(number).gateway() + "/v1\n")
                                .collect(Collectors.joining());
    }

    private static String scaling(TrialPlan plan) {
        Scaling scaling = plan.scaling();
        return scaling == null
                ? ""
                : """

                 An autoscaler decides how many endpoints there are, up to %d; each takes %s to start. To watch it:
                   ./llmd load --profile ramp --rps 12 --for 4m --slo-ttft 2s --slo-tpot 100ms
                   ./llmd autoscaler explain                # why not less, and why not more
                   Decisions  http://localhost:%d/api/v1/decisions
                """.formatted(
                                scaling.most(),
                                Durations.seconds(scaling.coldStart()),
                                plan.ports().autoscaler());
    }
}
