package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

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

/** One endpoint each for encode, prefill and decode, with both forms of what encode endpoints answer. */
@ParameterizedClass
@ValueSource(strings = {"0.24.0", "0.32.0"})
class EncodeIT {

    private static final int ENCODE = 0;
    private static final int PREFILL = 1;
    private static final int DECODE = 2;
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: always, type: always-disagg-pd-decider}
              - {name: media, type: always-disagg-multimodal-decider}
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: always, encode: media}}}
              - {name: only-encode, type: encode-filter}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: encode, plugins: [{pluginRef: only-encode}, {pluginRef: best}]}
              - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: best}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: best}]}
            """;
    private static RunningSuite suite;

    EncodeIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("encode", "prefill", "decode"),
                (role, settings) -> {
                    var common = settings.option("emulate-version", version)
                            .option("inter-token-latency", "5ms")
                            .option("ec-connector", "nixl")
                            .option("ec-side-channel-host", "127.0.0.1")
                            .option("ec-side-channel-port", "0");
                    return role.equals("encode")
                            ? common
                            : common.option("kv-connector", "nixl")
                                    .option("nixl-side-channel-host", "127.0.0.1")
                                    .option("nixl-side-channel-port", "0")
                                    .option("kv-handshake-time", "20ms");
                },
                CONFIG,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String chat(String... images) {
        StringBuilder parts = new StringBuilder();
        for (String image : images) {
            parts.append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,")
                    .append(image)
                    .append("\"}},");
        }
        return "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":["
                + parts + "{\"type\":\"text\",\"text\":\"what is it?\"}]}]}";
    }

    private static long encoded(int endpoint) {
        var statistics = suite.endpoints().get(endpoint).statistics();
        return statistics.mediaQueries() - statistics.mediaHits();
    }

    @Test
    @Tag("pd-S11")
    @DisplayName(
            "S11: images are encoded at one endpoint, their prompt is computed at another, and a third one answers")
    void encodePrefillDecode() {
        long before = encoded(ENCODE);
        long hits = suite.endpoints().get(PREFILL).statistics().mediaHits();
        double fetched = suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");

        RunningSuite.Answer answer = suite.chat(chat("AAAA", "BBBB", "AAAA"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().path("usage").path("completion_tokens").asInt())
                .isEqualTo(4);
        assertThat(encoded(ENCODE) - before).isEqualTo(2);
        assertThat(suite.endpoints().get(PREFILL).statistics().mediaHits() - hits)
                .isEqualTo(3);
        assertThat(encoded(PREFILL)).isZero();
        assertThat(encoded(DECODE)).isZero();
        assertThat(suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total") - fetched)
                .isGreaterThan(700);
    }

    @Test
    @Tag("pd-S10")
    @DisplayName("S10: without a prefill endpoint it is the decode endpoint that gets the embeddings")
    void encodeDecode() {
        suite.faults(PREFILL, "{\"refuse\":{}}");
        try {
            long hits = suite.endpoints().get(DECODE).statistics().mediaHits();

            RunningSuite.Answer answer = suite.chat(chat("CCCC"));

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.fallback()).isEqualTo("prefill-failed");
            assertThat(suite.endpoints().get(DECODE).statistics().mediaHits() - hits)
                    .isEqualTo(1);
            assertThat(encoded(DECODE)).isZero();
        } finally {
            suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
        }
    }

    @Test
    @Tag("pd-T41")
    @DisplayName("T41: an encode endpoint that fails is 502, and nobody computes the prompt")
    void failedEncoder() {
        suite.faults(ENCODE, "{\"status\":500}");
        try {
            long before = suite.endpoints().get(PREFILL).statistics().finished();

            assertThat(suite.chat(chat("DDDD")).status()).isEqualTo(502);

            assertThat(suite.endpoints().get(PREFILL).statistics().finished()).isEqualTo(before);
        } finally {
            suite.endpoints().get(ENCODE).faults(faults -> Faults.NONE);
        }
    }
}
