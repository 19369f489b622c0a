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

/** MoRI-IO: the prefill endpoint writes layer by layer, and the answer waits until it has said that it could. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class MoriioIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    MoriioIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPair(
                version,
                "moriio",
                "moriio-handshake-port",
                "gateway.disaggregation.handshake-port",
                1,
                Map.of(
                        "gateway.disaggregation.connector", "moriio",
                        "gateway.disaggregation.commit-timeout", "1s",
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
        await("both legs are closed, and blocks are given back").untilAsserted(() -> {
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

    private static double aborted(int endpoint) {
        return suite.endpointMeter(endpoint, "vllm:request_success_total", "finished_reason=\"abort\"");
    }

    @Test
    @Tag("pd-S4")
    @DisplayName("S4: both legs go out at once, and the blocks are written under the id of the transfer")
    void bothLegsMeet() throws IOException {
        double before = suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");

        RunningSuite.Answer answer = suite.chat(body("whole", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total") - before)
                .isGreaterThan(100);
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

    /** The head of a stream is sent before there is a token, so that the decode endpoint has said 200 by then. */
    @Test
    @Tag("pd-T34")
    @DisplayName("T34: a late failure of the prefill endpoint is the answer, although the decode endpoint said 200")
    void failureBeatsTheAnswer() throws IOException {
        double before = aborted(DECODE);
        suite.faults(PREFILL, "{\"delay\":{\"by\":\"300ms\"},\"status\":{\"code\":500}}");

        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("failing", ",\"stream\":true"));

            assertThat(client.readAll()).startsWith("HTTP/1.1 500 ").doesNotContain("data:");
        }

        await("the decode leg is ended").until(() -> aborted(DECODE) - before == 1);
    }

    @Test
    @Tag("pd-T35")
    @DisplayName("T35: when both are silent the client gets 504 after the commit timeout, and both legs are closed")
    void bothSilent() {
        double before = aborted(DECODE);
        suite.faults(PREFILL, "{\"delay\":{\"by\":\"20s\"}}");
        suite.faults(DECODE, "{\"stall_before_head\":{}}");

        RunningSuite.Answer answer = suite.chat(body("silent", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(504);
        assertThat(answer.nanos()).isBetween(1_000_000_000L, 10_000_000_000L);
        await("the decode leg is ended").until(() -> aborted(DECODE) - before == 1);
    }
}
