package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Two endpoints that encode for one that does the rest. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class EncodersIT {

    private static final int DECODE = 2;
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: media, type: always-disagg-multimodal-decider}
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {encode: media}}}
              - {name: only-encode, type: encode-filter}
              - {name: only-decode, type: decode-filter}
              - {name: two, type: max-score-picker, parameters: {maxNumOfEndpoints: 2}}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: encode, plugins: [{pluginRef: only-encode}, {pluginRef: two}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: best}]}
            """;
    private static RunningSuite suite;

    EncodersIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("encode", "encode", "decode"),
                (role, settings) -> settings.option("emulate-version", version)
                        .option("inter-token-latency", "5ms")
                        .option("ec-connector", "nixl")
                        .option("ec-side-channel-host", "127.0.0.1")
                        .option("ec-side-channel-port", "0"),
                CONFIG,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String image(String data) {
        return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64," + data + "\"}},";
    }

    private static long encoded(int endpoint) {
        return suite.endpoints().get(endpoint).statistics().finished();
    }

    @Test
    @Tag("pd-T40")
    @DisplayName("T40: of three images two of which are alike, each endpoint encodes one")
    void imagesInTurn() {
        RunningSuite.Answer answer = suite.chat(
                "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"messages\":[{\"role\":\"user\",\"content\":["
                        + image("AAAA") + image("BBBB") + image("AAAA")
                        + "{\"type\":\"text\",\"text\":\"what is it?\"}]}]}");

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(encoded(0)).isEqualTo(1);
        assertThat(encoded(1)).isEqualTo(1);
        assertThat(suite.endpoints().get(DECODE).statistics().mediaHits()).isEqualTo(3);
    }
}
