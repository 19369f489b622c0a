package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** MoRI-IO with eight data-parallel ranks at each endpoint: what one rank computes only the same rank can take. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class MoriioRanksIT {

    private static final int RANKS = 8;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    MoriioRanksIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPair(
                version,
                "moriio",
                "moriio-handshake-port",
                "gateway.disaggregation.handshake-port",
                RANKS,
                Map.of(
                        "gateway.disaggregation.connector",
                        "moriio",
                        "gateway.disaggregation.data-parallel-size",
                        "" + RANKS));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static double served(int endpoint, int rank) {
        return suite.endpointMeter(endpoint, "vllm:request_success_total", "engine=\"" + rank + "\"");
    }

    @Test
    @Tag("pd-T36")
    @DisplayName("T36: both legs run on the rank that follows from the request's id, where the blocks are found")
    void rankOfTheId() {
        Map.of("req-1", 5, "abc", 2, "x".repeat(64), 7).forEach((id, rank) -> {
            double prefills = served(0, rank);
            double decodes = served(1, rank);
            double before = suite.endpointMeter(1, "vllm:external_prefix_cache_hits_total", "engine=\"" + rank + "\"");

            RunningSuite.Answer answer = suite.postTo(
                    "/v1/chat/completions",
                    "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\","
                            + "\"content\":\"" + id + " " + PROMPT + "\"}]}",
                    "x-request-id",
                    id);

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.fallback()).isEmpty();
            await("rank " + rank + " has served both legs")
                    .until(() -> served(0, rank) - prefills == 1 && served(1, rank) - decodes == 1);
            assertThat(suite.endpointMeter(1, "vllm:external_prefix_cache_hits_total", "engine=\"" + rank + "\"")
                            - before)
                    .isGreaterThan(100);
        });
    }
}
