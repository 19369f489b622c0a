package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Configurations as operators write them for usual workloads. */
class ExampleConfigurationsTest {

    private static final String HEAD = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            """;

    @Test
    void aBlendOfLoadAndCacheForChat() {
        SchedulingPlan plan = plan("""
                plugins:
                  - {name: waiting, type: queue-scorer}
                  - {name: memory, type: kv-cache-utilization-scorer}
                  - {name: reuse, type: prefix-cache-scorer, parameters: {matchLengthWeight: 0.25}}
                  - {name: adapters, type: lora-affinity-scorer}
                  - {name: spread, type: no-hit-lru-scorer, parameters: {lruSize: 128}}
                schedulingProfiles:
                  - name: chat
                    plugins:
                      - {pluginRef: waiting, weight: 2}
                      - {pluginRef: memory}
                      - {pluginRef: reuse, weight: 3}
                      - {pluginRef: adapters}
                      - {pluginRef: spread}
                """);
        assertThat(plan.describe())
                .contains("  scorer reuse weight 3.0", "  scorer spread weight 1.0", "  picker max-score-picker");
        assertThat(producers(plan)).containsExactly("approx-prefix-cache-producer");
    }

    @Test
    void stickyUntilSaturatedForLongPrompts() {
        SchedulingPlan plan = plan("""
                plugins:
                  - {name: load, type: inflight-load-producer, parameters: {prefixMatchInfoProducerName: prompts}}
                  - name: stay
                    type: prefix-cache-affinity-filter
                    parameters:
                      prefixMatchInfoProducerName: prompts
                      inFlightLoadProducerName: load
                      peakPrefillThroughput: 20480
                      maxTTFTPenaltyMs: 14000
                  - {name: tokens, type: token-load-scorer, parameters: {inFlightLoadProducerName: load}}
                  - {name: prompts, type: approx-prefix-cache-producer, parameters: {maxPrefixTokensToMatch: 65536}}
                schedulingProfiles:
                  - name: code
                    plugins: [{pluginRef: stay}, {pluginRef: tokens}]
                """);
        assertThat(plan.describe()).contains("  filter stay", "  scorer tokens weight 1.0");
        assertThat(producers(plan)).containsExactly("prompts", "load");
    }

    @Test
    void prefillAndDecodeApartWithADecisionPerRequest() {
        SchedulingPlan plan = plan("""
                plugins:
                  - {name: long, type: prefix-based-pd-decider, parameters: {nonCachedTokens: 1024, promptTokens: 2048}}
                  - {name: media, type: always-disagg-multimodal-decider}
                  - name: stages
                    type: disagg-profile-handler
                    parameters: {stageOrder: decode-first, deciders: {prefill: long, encode: media}}
                  - {name: reuse, type: prefix-cache-scorer}
                  - {name: tokens, type: token-load-scorer}
                  - {name: busy, type: active-request-scorer}
                  - {name: seen, type: mm-embeddings-cache-scorer}
                  - {type: prefill-filter}
                  - {type: decode-filter}
                  - {type: encode-filter}
                schedulingProfiles:
                  - name: prefill
                    plugins: [{pluginRef: prefill-filter}, {pluginRef: reuse, weight: 2}, {pluginRef: tokens}]
                  - name: decode
                    plugins: [{pluginRef: decode-filter}, {pluginRef: busy}]
                  - name: encode
                    plugins: [{pluginRef: encode-filter}, {pluginRef: seen}]
                """);
        assertThat(plan.profiles()).containsOnlyKeys("prefill", "decode", "encode");
        assertThat(plan.handler().name()).isEqualTo("stages");
        assertThat(producers(plan))
                .containsExactlyInAnyOrder(
                        "approx-prefix-cache-producer", "inflight-load-producer", "mm-embeddings-cache-producer");
    }

    @Test
    void sessionsByCookieAndChecksOfEachEndpoint() {
        SchedulingPlan plan = plan("""
                plugins:
                  - {name: sid, type: session-id-producer, parameters: {cookieName: chat-sid}}
                  - name: pin
                    type: session-affinity-filter
                    parameters:
                      strategy: session_id
                      sessionIdConfig:
                        evictionTtlSeconds: 900
                        sources: [{attribute: SessionIDDataKey, producer: sid}]
                  - name: room
                    type: utilization-filter
                    parameters:
                      conditions: [{metric: kv-cache-utilization, maxValue: 0.95}]
                      fallbackOnEmpty: true
                  - name: cache
                    type: endpoint-attribute-scorer
                    parameters: {attributeKey: KVCacheUsagePercent, algorithm: {type: linear_lower_is_better}}
                  - {name: shed, type: probabilistic-admitter}
                schedulingProfiles:
                  - name: main
                    plugins: [{pluginRef: room}, {pluginRef: pin}, {pluginRef: cache}]
                """);
        assertThat(plan.admitters()).extracting(NamedPlugin::name).containsExactly("shed");
        assertThat(producers(plan)).containsExactly("sid");
    }

    private static List<String> producers(SchedulingPlan plan) {
        return plan.producers().stream().map(NamedPlugin<DataProducer>::name).toList();
    }

    private static SchedulingPlan plan(String text) {
        LoadResult result = new EndpointPickerConfigLoader(TestPlugins.registered(), true).load(HEAD + text, "f");
        assertThat(result.findings()).isEmpty();
        return result.orThrow().plan();
    }
}
