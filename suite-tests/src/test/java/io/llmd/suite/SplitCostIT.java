package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.fault.Faults;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests are split where that is sooner, of endpoints that are taken to compute 100 tokens a second and to exchange blocks at once. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SplitCostIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: held, type: approx-prefix-cache-producer, parameters: {maxPrefixTokensToMatch: 100000}}
              - name: cost
                type: handoff-cost-pd-decider
                parameters:
                  uncachedTokens: 500
                  promptTokens: 1
                  prefillTokensPerSecond: 100
                  decodeStepMs: 0
                  handoffMs: 0
                  transferBytesPerSecond: 1e12
                  streamWeight: 0
                  prefixMatchInfoProducerName: held
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: cost}}}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: best}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: best}]}
            """;
    private static final AtomicInteger PROMPTS = new AtomicInteger();
    private static RunningSuite suite;
    private static String emulated;

    SplitCostIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        emulated = version;
        suite = startWith(CONFIG);
    }

    private static RunningSuite startWith(String config) {
        return RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("emulate-version", emulated)
                        .option("prefill-overhead", "20ms")
                        .option("inter-token-latency", "2ms")
                        .option("kv-connector", "nixl")
                        .option("kv-handshake-time", "20ms")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("nixl-side-channel-port", "0"),
                config,
                Map.of());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    /** A prompt of so many tokens that begins as no other one does. */
    private static String prompt(int tokens) {
        int first = 10_000 * PROMPTS.incrementAndGet();
        return "{\"model\":\"sim-8b\",\"max_tokens\":3,\"prompt\":"
                + IntStream.range(first, first + tokens)
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(",", "[", "]}"));
    }

    private static void complete(RunningSuite at, int tokens) {
        RunningSuite.Answer answer = at.post("/completions", prompt(tokens));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/prompt_tokens").asInt()).isEqualTo(tokens);
    }

    private static double prefills(RunningSuite at) {
        return at.endpointMeter(PREFILL, "vllm:request_success_total");
    }

    private static double fetched() {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    private static double decisions(RunningSuite at, String reason) {
        return at.schedulerMeter("scheduler_split_decisions_total", "reason=\"" + reason + "\"");
    }

    @Test
    @Tag("pd-T28")
    @DisplayName("T28: a prompt of which nobody can tell what is cached is computed where it is answered")
    void whatIsCachedIsUnknown() {
        double known = prefills(suite);
        complete(suite, 3000);
        assertThat(prefills(suite) - known).as("where it is known it is split").isEqualTo(1);

        String lessThanABlock = CONFIG.replace("100000", "1");
        try (RunningSuite blind = startWith(lessThanABlock)) {
            complete(blind, 3000);

            assertThat(decisions(blind, "cache-unknown")).isEqualTo(1);
            assertThat(prefills(blind)).isZero();
        }
    }

    @Test
    @Tag("pd-T29")
    @DisplayName(
            "T29: while prompts wait for the prefill endpoint, one of which nothing is cached is computed where it is"
                    + " answered")
    void queueOfThePrefillEndpoint() throws Exception {
        double sooner = decisions(suite, "local-is-sooner");
        double fetched = fetched();
        suite.faults(PREFILL, "{\"slow_factor\":200}");
        try (ExecutorService clients = Executors.newSingleThreadExecutor()) {
            Future<?> split = clients.submit(() -> complete(suite, 3000));
            await("the prefill endpoint computes")
                    .until(() -> suite.endpoints().get(PREFILL).statistics().active() == 1);
            double prefills = prefills(suite);

            complete(suite, 3000);

            assertThat(decisions(suite, "local-is-sooner") - sooner).isEqualTo(1);
            assertThat(prefills(suite)).isEqualTo(prefills);
            assertThat(fetched()).isEqualTo(fetched);
            assertThat(split).isNotDone();
            suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
            split.get();
            assertThat(fetched() - fetched).isGreaterThan(2900);
        } finally {
            suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
        }
        await("prompts are split again").untilAsserted(() -> {
            double prefills = prefills(suite);
            complete(suite, 3000);
            assertThat(prefills(suite) - prefills).isEqualTo(1);
        });
    }
}
