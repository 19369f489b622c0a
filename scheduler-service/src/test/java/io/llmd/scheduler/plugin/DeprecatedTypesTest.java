package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files that were written for older versions of llm-d start, do what they did, and say what to use instead. */
class DeprecatedTypesTest {

    private static final String HEAD = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            """;

    @Test
    void oldNamesMeanTheNewPlugins() {
        LoadResult.Loaded loaded = load("""
                plugins:
                  - {type: by-label-selector, parameters: {matchLabels: {tier: gold}}}
                  - {type: tokenizer}
                  - {type: prefill-header-handler}
                schedulingProfiles:
                  - name: p
                    plugins: [{pluginRef: by-label-selector}]
                """);
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "f:4:plugins[0].type: type by-label-selector is deprecated, use label-selector-filter instead",
                        "f:5:plugins[1].type: type tokenizer is deprecated, use token-producer instead",
                        "f:6:plugins[2].type: type prefill-header-handler is deprecated, use disagg-headers-handler"
                                + " instead");
        Candidates candidates = Candidates.of(
                EndpointFixture.labelled("a", Map.of("tier", "silver")),
                EndpointFixture.labelled("b", Map.of("tier", "gold")));
        assertThat(schedule(loaded.plan(), candidates).primary().primary().id()).isEqualTo("ns/b");
    }

    @Test
    void theOldHandlerOfTwoPhasesSplitsRequests() {
        LoadResult.Loaded loaded = load("""
                plugins:
                  - {type: always-disagg-pd-decider}
                  - {type: pd-profile-handler, parameters: {deciderPluginName: always-disagg-pd-decider, primaryPort: 9000}}
                  - {type: prefill-filter}
                  - {type: decode-filter}
                schedulingProfiles:
                  - {name: prefill, plugins: [{pluginRef: prefill-filter}]}
                  - {name: decode, plugins: [{pluginRef: decode-filter}]}
                """);
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "f:5:plugins[1].type: type pd-profile-handler is deprecated",
                        "f:5:plugins[1]: use disagg-profile-handler with deciders: {prefill: always-disagg-pd-decider}"
                                + " instead of pd-profile-handler");
        Candidates candidates = Candidates.of(
                EndpointFixture.labelled("p", Map.of("llm-d.ai/role", "prefill")),
                EndpointFixture.labelled("d", Map.of("llm-d.ai/role", "decode")));
        Scheduled scheduled = schedule(loaded.plan(), candidates);
        assertThat(scheduled.primary().primary().metadata().hostPort()).isEqualTo("127.0.0.1:9000");
        Dispatch dispatch = new Dispatch(1);
        new Scheduler(PluginFaults.NONE)
                .scheduled(loaded.plan(), EndpointFixture.request(), candidates, scheduled, dispatch);
        assertThat(dispatch.requestHeaders())
                .isEqualTo(Map.of(
                        "x-prefiller-host-port", "127.0.0.1:8000",
                        "x-data-parallel-host-port", "127.0.0.1:8000"));
    }

    @Test
    void theOldHandlerNeedsItsDecider() {
        assertThatThrownBy(() -> load("""
                        plugins:
                          - {type: pd-profile-handler}
                        schedulingProfiles:
                          - {name: prefill, plugins: []}
                          - {name: decode, plugins: []}
                        """)).hasMessageContaining("no plugin prefix-based-pd-decider");
    }

    @Test
    void theHandlerOfRanksServesAsTheSingleOne() {
        LoadResult.Loaded loaded = load("""
                plugins:
                  - {type: data-parallel-profile-handler}
                  - {type: queue-scorer}
                schedulingProfiles:
                  - {name: p, plugins: [{pluginRef: queue-scorer}]}
                """);
        assertThat(loaded.findings())
                .anySatisfy(finding -> assertThat(finding.message())
                        .isEqualTo("use single-profile-handler with ranks that have ports of their own instead of"
                                + " data-parallel-profile-handler"));
        assertThat(schedule(loaded.plan(), EndpointFixture.idle("a"))
                        .primary()
                        .primary()
                        .metadata()
                        .port())
                .isEqualTo(8000);
    }

    @Test
    void theOldPreciseScorerBringsItsProducer() {
        LoadResult.Loaded loaded = load("""
                plugins:
                  - type: precise-prefix-cache-scorer
                    parameters:
                      tokenProcessorConfig: {blockSize: 64, hashSeed: "42"}
                      indexerConfig: {kvBlockIndexConfig: {enableMetrics: true}}
                schedulingProfiles:
                  - {name: p, plugins: [{pluginRef: precise-prefix-cache-scorer, weight: 3}]}
                """);
        assertThat(loaded.plan().producers())
                .extracting(NamedPlugin<DataProducer>::name)
                .containsExactly("precise-prefix-cache-producer");
        assertThat(loaded.findings())
                .extracting(Finding::message)
                .containsExactlyInAnyOrder(
                        "type precise-prefix-cache-scorer is deprecated",
                        "use prefix-cache-scorer with prefixMatchInfoProducerName: precise-prefix-cache-producer instead of"
                                + " precise-prefix-cache-scorer, and give its parameters to that producer");
    }

    private static Scheduled schedule(SchedulingPlan plan, Candidates candidates) {
        return (Scheduled) new Scheduler(PluginFaults.NONE)
                .schedule(plan, EndpointFixture.request(), candidates, DecisionRecorder.NONE);
    }

    private static LoadResult.Loaded load(String text) {
        return new EndpointPickerConfigLoader(TestPlugins.registered(), true)
                .load(HEAD + text, "f")
                .orThrow();
    }
}
