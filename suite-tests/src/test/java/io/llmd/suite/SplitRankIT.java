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

/** One endpoint for prefill without ranks, and one for decode that is rank 1 of two; neither tells of cached tokens. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SplitRankIT {

    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    SplitRankIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> {
                    var common = settings.option("emulate-version", version)
                            .option("inter-token-latency", "5ms")
                            .option("enable-prompt-tokens-details", "false")
                            .option("kv-connector", "nixl")
                            .option("kv-handshake-time", "20ms")
                            .option("nixl-side-channel-host", "127.0.0.1")
                            .option("nixl-side-channel-port", "0");
                    return role.equals("prefill")
                            ? common
                            : common.option("data-parallel-size", "2")
                                    .option("data-parallel-external-lb", "true")
                                    .option("data-parallel-rank", "1");
                },
                RunningSuite.SPLIT_ALWAYS,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String body(String text, String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":3,\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + " " + PROMPT + "\"}]}";
    }

    /** An endpoint without ranks refuses a request for rank 1. */
    @Test
    @Tag("pd-T49")
    @DisplayName("T49: the decode leg is for the rank of its endpoint, the prefill leg for none")
    void rankOfTheDecodeEndpoint() {
        RunningSuite.Answer answer = suite.chat(body("ranked", ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total", "engine=\"1\""))
                .isGreaterThan(100);
    }

    @Test
    @Tag("pd-T18")
    @DisplayName("T18: where nobody tells of cached tokens the client is told that there were none")
    void withoutDetails() throws IOException {
        assertThat(suite.chat(body("whole", ""))
                        .json()
                        .at("/usage/prompt_tokens_details/cached_tokens")
                        .asInt(-1))
                .isZero();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("stream", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
            assertThat(ClientSocket.body(client.readAll())).contains("\"cached_tokens\":0", "\"completion_tokens\":3");
        }
    }
}
