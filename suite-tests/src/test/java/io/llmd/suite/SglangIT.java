package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.fault.Faults;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** SGLang: one endpoint for prefill and one for decode that get the client's request, and meet in a room. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SglangIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    SglangIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPair(
                version,
                "sglang",
                "disaggregation-bootstrap-port",
                "gateway.disaggregation.bootstrap-port",
                1,
                Map.of(
                        "gateway.disaggregation.connector", "sglang",
                        "gateway.endpoints.eject-after", "1000",
                        "gateway.disaggregation.quarantine-after", "1000"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    @AfterEach
    void nothingIsLeft() {
        suite.endpoints().forEach(endpoint -> endpoint.faults(faults -> Faults.NONE));
        await("both legs are closed, and no handoff is on the books").untilAsserted(() -> {
            assertThat(suite.endpoints())
                    .extracting(endpoint -> endpoint.statistics().active())
                    .containsOnly(0);
            assertThat(suite.gatewayMeter("gateway_disagg_held_handoffs")).isZero();
        });
    }

    private static String body(String text, String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + " " + PROMPT + "\"}]}";
    }

    private static double fetched() {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    @Test
    @Tag("pd-S5")
    @DisplayName(
            "S5: blocks are written to the decode endpoint in the room that both were told, after one token of prefill")
    void bothMeetInARoom() {
        double before = fetched();
        double tokens = suite.endpointMeter(PREFILL, "vllm:generation_tokens_total");

        RunningSuite.Answer answer = suite.chat(body("room", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(fetched() - before).isGreaterThan(100);
        assertThat(suite.endpointMeter(PREFILL, "vllm:generation_tokens_total") - tokens)
                .isEqualTo(1);
        VllmSimulator prefill = suite.endpoints().get(PREFILL);
        await("blocks are given back")
                .until(() -> prefill.statistics().leases() == 0
                        && prefill.statistics().usedBlocks() == 0);
    }

    @Test
    @Tag("pd-T32")
    @DisplayName("T32: the client does not wait for the prefill endpoint's answer, which nobody keeps")
    void lateAnswerIsDropped() throws IOException {
        double before = fetched();
        suite.faults(PREFILL, "{\"stall_before_head\":{\"for\":\"4s\"}}");

        long begin = System.nanoTime();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("late", ",\"stream\":true"));

            assertThat(ClientSocket.body(client.readAll()))
                    .contains("\"finish_reason\":\"length\"")
                    .endsWith("data: [DONE]\n\n");
        }
        assertThat(System.nanoTime() - begin).isLessThan(4_000_000_000L);
        assertThat(fetched() - before).isGreaterThan(100);
    }

    @Test
    @Tag("pd-T33")
    @DisplayName("T33, F18: a prefill leg that is refused ends the decode leg, and both are sent again in another room")
    void refusedPrefill() {
        double before = fetched();
        suite.faults(PREFILL, "{\"refuse\":{\"count\":1}}");

        RunningSuite.Answer answer = suite.chat(body("refused", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(fetched() - before).isGreaterThan(100);
        // It may be ended before the endpoint has begun with it.
        await("the first decode leg is ended")
                .until(() -> suite.endpointMeter(DECODE, "vllm:num_requests_running") == 0
                        && suite.endpointMeter(DECODE, "vllm:num_requests_waiting") == 0);
    }

    @Test
    @Tag("pd-T33")
    @DisplayName("T33: as long as nothing listens at the prefill endpoint requests fail, and no leg is left")
    void prefillIsGone() {
        suite.faults(PREFILL, "{\"die\":\"1s\"}");

        RunningSuite.Answer answer = suite.chat(body("gone", ""));

        assertThat(answer.status()).as(answer.body()).isBetween(500, 504);
        await("it is back").until(() -> suite.isUp(PREFILL));
        suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
        await("requests are split again")
                .untilAsserted(() -> assertThat(suite.chat(body("back " + System.nanoTime(), ""))
                                .status())
                        .isEqualTo(200));
    }

    @Test
    @DisplayName("endpoints that were started for one phase refuse what names no room")
    void withoutARoom() {
        for (int endpoint : new int[] {PREFILL, DECODE}) {
            assertThat(suite.askEndpoint(endpoint, body("alone", "")).statusCode())
                    .isEqualTo(400);
        }
    }
}
