package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.fault.Faults;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** One endpoint for prefill and one for decode that get their legs at the same time, and meet by the transfer's id. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class MooncakeIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    MooncakeIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPair(
                version,
                "mooncake",
                "mooncake-bootstrap-port",
                "gateway.disaggregation.bootstrap-port",
                1,
                Map.of("gateway.disaggregation.connector", "mooncake"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String body(String text, String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + " " + PROMPT + "\"}]}";
    }

    private static double fetched() {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    @Test
    @Tag("pd-S6")
    @DisplayName("S6: the decode endpoint gets the blocks that the prefill endpoint computes under the same id")
    void bothLegsMeet() throws IOException {
        double before = fetched();

        RunningSuite.Answer answer = suite.chat(body("whole", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(fetched() - before).isGreaterThan(100);
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("stream", ",\"stream\":true"));
            assertThat(ClientSocket.body(client.readAll()))
                    .contains("\"finish_reason\":\"length\"")
                    .endsWith("data: [DONE]\n\n");
        }
        VllmSimulator prefill = suite.endpoints().get(PREFILL);
        await("blocks are given back")
                .until(() -> prefill.statistics().leases() == 0
                        && prefill.statistics().usedBlocks() == 0);
    }

    @Test
    @Tag("pd-T37")
    @DisplayName("T37, S13: without the engine's name decode does it alone, and the next request asks anew")
    void unknownEngine() {
        suite.faults(PREFILL, "{\"die\":\"1s\"}");

        RunningSuite.Answer alone = suite.chat(body("while it is gone", ""));

        assertThat(alone.status()).as(alone.body()).isEqualTo(200);
        assertThat(alone.fallback()).startsWith("prefill-");
        await("it is back").until(() -> suite.isUp(PREFILL));
        suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
        await("split again, with its new engine").untilAsserted(() -> {
            double before = fetched();
            RunningSuite.Answer answer = suite.chat(body("again " + System.nanoTime(), ""));
            assertThat(answer.fallback()).isEmpty();
            assertThat(fetched() - before).isGreaterThan(100);
        });
    }
}
