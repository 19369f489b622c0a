package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.fault.Faults;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** vLLM's offloading connector: the decode endpoint finds in the prefill endpoint's host memory what that one offloads. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class OffloadingIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    OffloadingIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPair(
                version,
                "offloading",
                "p2p-side-channel-port",
                "gateway.disaggregation.offload-port",
                1,
                Map.of(
                        "gateway.disaggregation.connector", "offloading",
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
        await("no request is left")
                .untilAsserted(() -> assertThat(suite.endpoints())
                        .extracting(endpoint -> endpoint.statistics().active())
                        .containsOnly(0));
    }

    private static String body(String text) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                + text + " " + PROMPT + "\"}]}";
    }

    private static double fetched() {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    @Test
    @Tag("pd-S7")
    @DisplayName(
            "S7: the decode endpoint reads from the prefill endpoint's host memory, which holds no blocks on its GPU")
    void blocksAreFound() {
        double before = fetched();

        RunningSuite.Answer answer = suite.chat(body("offloaded"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(fetched() - before).isGreaterThan(100);
        assertThat(suite.endpoints().get(PREFILL).statistics().leases()).isZero();
    }

    @Test
    @Tag("pd-S7")
    @DisplayName("S7: blocks that cannot be read are computed by the decode endpoint")
    void blocksAreNotRead() {
        double before = fetched();
        suite.faults(DECODE, "{\"handoff_read_failure\":{\"count\":1}}");

        RunningSuite.Answer answer = suite.chat(body("unreadable"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(fetched() - before).isZero();
    }

    @Test
    @Tag("pd-S13")
    @DisplayName("S13: the decode endpoint does it alone when the prefill endpoint fails twice")
    void decodesAlone() {
        suite.faults(PREFILL, "{\"status\":{\"code\":500}}");

        RunningSuite.Answer answer = suite.chat(body("failed"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEqualTo("prefill-failed");
    }
}
