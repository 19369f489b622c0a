package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests are split whose decode endpoint would have to compute 200 tokens or more. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SplitThresholdIT {

    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: long, type: prefix-based-pd-decider, parameters: {nonCachedTokens: 200, promptTokens: 1}}
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: long}}}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: best}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: best}]}
            """;
    private static RunningSuite suite;

    SplitThresholdIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("emulate-version", version)
                        .option("inter-token-latency", "5ms")
                        .option("kv-connector", "nixl")
                        .option("kv-handshake-time", "20ms")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("nixl-side-channel-port", "0"),
                CONFIG,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    /** How many prompts the prefill endpoint computed for a prompt of so many tokens. */
    private static double prefills(int firstToken, int tokens) {
        double before = suite.endpointMeter(0, "vllm:request_success_total");
        String prompt = IntStream.range(firstToken, firstToken + tokens)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(","));
        RunningSuite.Answer answer =
                suite.post("/completions", "{\"model\":\"sim-8b\",\"max_tokens\":3,\"prompt\":[" + prompt + "]}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.json().at("/usage/prompt_tokens").asInt()).isEqualTo(tokens);
        return suite.endpointMeter(0, "vllm:request_success_total") - before;
    }

    @Test
    @Tag("pd-T27")
    @DisplayName("T27: a prompt of which one token less is missing is computed where it is answered")
    void tokensThatAreMissing() {
        assertThat(prefills(1000, 199)).isZero();
        assertThat(prefills(2000, 200)).isEqualTo(1);
        assertThat(prefills(2000, 264)).as("most of it is cached by now").isZero();
    }
}
