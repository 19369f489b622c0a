package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.testsupport.FreePorts;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Two endpoints, the ranks of one deployment, of which the second can read what the first has cached. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class PeerSourceIT {

    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(40);
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: source, type: p2p-source-producer}
              - {name: any, type: random-picker}
            schedulingProfiles:
              - {name: default, plugins: [{pluginRef: any}]}
            """;
    private static RunningSuite suite;

    PeerSourceIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        int port = FreePorts.next(2);
        AtomicInteger ranks = new AtomicInteger();
        suite = RunningSuite.startPhases(
                List.of("both", "both"),
                (role, settings) -> rank(settings.option("emulate-version", version), ranks.getAndIncrement(), port),
                CONFIG,
                Map.of("scheduler.allow-experimental-plugins", "true"),
                Map.of(
                        "gateway.disaggregation.connector",
                        "offloading",
                        "gateway.disaggregation.offload-port",
                        "" + port));
    }

    private static SimulatorSettingsBuilder rank(SimulatorSettingsBuilder settings, int rank, int port) {
        return settings.option("prefill-overhead", "20ms")
                .option("inter-token-latency", "5ms")
                .option("kv-connector", "offloading")
                .option("kv-handshake-time", "20ms")
                .option("nixl-side-channel-host", "127.0.0.1")
                .option("p2p-side-channel-port", "" + port)
                .option("data-parallel-size", "2")
                .option("data-parallel-external-lb", "true")
                .option("data-parallel-rank", "" + rank);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static double fetched() {
        return suite.endpointMeter(0, "vllm:external_prefix_cache_hits_total")
                + suite.endpointMeter(1, "vllm:external_prefix_cache_hits_total");
    }

    private static String servedBy(String prompt) {
        RunningSuite.Answer answer = suite.chat(
                "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                        + prompt + "\"}]}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        return answer.servedBy();
    }

    @Test
    @Tag("pd-S8")
    @DisplayName("S8: an endpoint reads the beginning of a prompt from the one that has it, and computes the rest")
    void prefixIsPulled() {
        assertThat(fetched()).isZero();
        AtomicInteger number = new AtomicInteger();

        await("a prompt goes on at the other endpoint").untilAsserted(() -> {
            String prompt = number.getAndIncrement() + " " + PROMPT;
            String first = servedBy(prompt);
            assertThat(servedBy(prompt + " And then?")).isNotEqualTo(first);
        });

        assertThat(fetched()).isBetween(400.0, 700.0);
    }
}
