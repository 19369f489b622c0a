package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A decode endpoint that is asked first, and a prefill endpoint for what it has not cached. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SharedStorageIT {

    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    SharedStorageIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("emulate-version", version).option("inter-token-latency", "5ms"),
                RunningSuite.SPLIT_ALWAYS,
                Map.of(
                        "gateway.disaggregation.connector", "shared-storage",
                        "gateway.disaggregation.cache-hit-threshold", "0.5"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String body(String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]}";
    }

    private static long prefills() {
        return suite.endpoints().getFirst().statistics().finished();
    }

    @Test
    @Tag("pd-T38")
    @Tag("pd-T39")
    @Tag("pd-S9")
    @DisplayName("S9: what the decode endpoint lacks the prefill endpoint computes, and what it has nobody does")
    void askedFirst() throws IOException {
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

            String events = ClientSocket.body(client.readAll());

            assertThat(events)
                    .contains("\"completion_tokens\":4", "\"finish_reason\":\"length\"", "data: [DONE]")
                    .doesNotContain("cache_threshold", "\"error\"");
            assertThat(events.split("\"role\":\"assistant\"", -1)).hasSize(2);
        }
        assertThat(prefills()).isEqualTo(1);

        RunningSuite.Answer again = suite.chat(body(""));

        assertThat(again.status()).as(again.body()).isEqualTo(200);
        assertThat(again.json().path("usage").path("completion_tokens").asInt()).isEqualTo(4);
        assertThat(prefills()).isEqualTo(1);
    }
}
