package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.VllmSimulator;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Endpoints are chosen by what their own KV events say, with the tokens that an endpoint renders. */
class PreciseRoutingIT {

    private static final int PROMPTS = 6;

    private static RunningSuite suite;

    @BeforeAll
    static void start() {
        suite = RunningSuite.start(
                3,
                settings -> settings.option("prefill-overhead", "2ms")
                        .option("inter-token-latency", "1ms")
                        .option("noise-cv", "0"),
                PreciseRoutingIT::config);
        await("all events arrive")
                .atMost(Duration.ofSeconds(20))
                .until(() -> suite.schedulerMeter("llm_d_epp_kv_cache_events_active_subscribers") == 3);
    }

    @AfterAll
    static void stop() {
        suite.close();
    }

    private static String config(List<VllmSimulator> endpoints) {
        return """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - name: tokens
                    type: token-producer
                    parameters: {modelName: %s, vllm: {url: "http://127.0.0.1:%d"}}
                  - name: precise
                    type: precise-prefix-cache-producer
                    parameters: {tokenProcessorConfig: {hashAlgorithm: xxh64}}
                  - {name: cache, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: precise}}
                  - {name: queue, type: queue-scorer}
                  - {name: best, type: max-score-picker}
                schedulingProfiles:
                  - name: default
                    plugins: [{pluginRef: cache, weight: 3}, {pluginRef: queue}, {pluginRef: best}]
                """.formatted(RunningSuite.MODEL, endpoints.getFirst().port());
    }

    @Test
    void everyRepeatedPromptGoesWhereItsBlocksAreAndTheEngineConfirmsAllOfThem() {
        Map<Integer, String> served = new HashMap<>();
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            served.put(prompt, chat(prompt).servedBy());
        }
        await("the blocks are known")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(suite.schedulerMeter("scheduler_kv_index_blocks"))
                        .isGreaterThan(PROMPTS * 60.0));
        double hitsBefore = suite.schedulerMeter("llm_d_epp_kv_cache_index_lookup_hits_total");

        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            RunningSuite.Answer answer = chat(prompt);
            assertThat(answer.servedBy()).as("prompt %d", prompt).isEqualTo(served.get(prompt));
            assertThat(answer.json()
                            .at("/usage/prompt_tokens_details/cached_tokens")
                            .asLong())
                    .isGreaterThan(900);
        }

        assertThat(suite.schedulerMeter("llm_d_epp_kv_cache_index_lookup_hits_total") - hitsBefore)
                .isGreaterThan(PROMPTS * 60.0);
        await("all attempts have ended")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(suite.schedulerMeter("scheduler_kv_claimed_tokens_total"))
                        .isGreaterThan(PROMPTS * 900.0));
        // An engine computes the last block of a prompt that it holds in full, so one block of each may be missing.
        double claimed = suite.schedulerMeter("scheduler_kv_claimed_tokens_total");
        assertThat(suite.schedulerMeter("scheduler_kv_confirmed_tokens_total"))
                .isGreaterThanOrEqualTo(claimed - PROMPTS * 16);
    }

    private static RunningSuite.Answer chat(int prompt) {
        String text = ("Document %d says something of its own. ".formatted(prompt)).repeat(125);
        RunningSuite.Answer answer = suite.chat("""
                {"model":"%s","max_tokens":2,"messages":[{"role":"user","content":"%s"}]}""".formatted(RunningSuite.MODEL, text));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer;
    }
}
