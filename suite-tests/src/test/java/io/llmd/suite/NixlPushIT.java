package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.fault.Faults;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A prefill endpoint that writes blocks into the decode endpoint's memory, once that one has said where. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class NixlPushIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;

    NixlPushIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("emulate-version", version)
                        .option("prefill-overhead", "20ms")
                        .option("inter-token-latency", "5ms")
                        .option("kv-connector", "nixl-push")
                        .option("kv-handshake-time", "20ms")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("nixl-side-channel-port", "0"),
                RunningSuite.SPLIT_ALWAYS,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String body(String text) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
                + text + " " + PROMPT + "\"}]}";
    }

    @Test
    @Tag("pd-S3")
    @DisplayName(
            "S3: the prefill endpoint writes the blocks that the decode endpoint has registered, and is free of them")
    void blocksAreWritten() {
        double fetched = suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
        double written = suite.endpointMeter(PREFILL, "vllm:nixl_bytes_transferred_sum");

        RunningSuite.Answer answer = suite.chat(body("pushed"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(4);
        assertThat(suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total") - fetched)
                .isGreaterThan(100);
        assertThat(suite.endpointMeter(PREFILL, "vllm:nixl_bytes_transferred_sum") - written)
                .isGreaterThan(100 * 131_072.0);
        assertThat(suite.endpointMeter(DECODE, "vllm:nixl_bytes_transferred_sum"))
                .isZero();
        VllmSimulator prefill = suite.endpoints().get(PREFILL);
        await("blocks are given back")
                .until(() -> prefill.statistics().leases() == 0
                        && prefill.statistics().usedBlocks() == 0);
    }

    @Test
    @Tag("pd-S3")
    @DisplayName("S3: a write that fails makes the decode endpoint compute the prompt, without the handoff")
    void failedWrite() {
        suite.faults(DECODE, "{\"handoff_read_failure\":{\"count\":1}}");
        try {
            RunningSuite.Answer answer = suite.chat(body("not pushed"));

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.fallback()).isEqualTo("decode-failed");
        } finally {
            suite.endpoints().get(DECODE).faults(faults -> Faults.NONE);
        }
    }
}
