package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import io.llmd.scheduler.scheduling.WeightedScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EndpointPickerConfigLoaderTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    private final EndpointPickerConfigLoader loader = TestPlugins.loader();

    @Test
    @Tag("scheduling-80")
    void anEmptyFileMeansTheBuiltInPlan() {
        LoadResult.Loaded loaded = loader.load("# nothing\n", "empty.yaml").orThrow();
        assertThat(weights(loaded.plan(), "default"))
                .isEqualTo(Map.of("queue-scorer", 2.0, "kv-cache-utilization-scorer", 2.0, "prefix-cache-scorer", 3.0));
        assertThat(profile(loaded.plan(), "default").picker().name()).isEqualTo("max-score-picker");
        assertThat(loaded.plan().handler().name()).isEqualTo("single-profile-handler");
        assertThat(producers(loaded.plan())).containsExactly("approx-prefix-cache-producer");
        assertThat(loaded.config().requestHandler().parsers())
                .extracting(ref -> ref.pluginRef().value())
                .containsExactly("openai-parser", "anthropic-parser", "vllmhttp-parser", "passthrough-parser");
        assertThat(loaded.config().dataLayer().sources())
                .extracting(source -> source.pluginRef().value())
                .containsExactly("metrics-data-source");
        assertThat(loaded.findings()).isEmpty();
    }

    @Test
    void aWeightedBlendLoads() {
        SchedulingPlan plan = plan(HEAD + """
                plugins:
                  - {name: waiting, type: queue-scorer}
                  - {name: memory, type: kv-cache-utilization-scorer}
                  - name: reuse
                    type: prefix-cache-scorer
                    parameters: {matchLengthWeight: 0.3, matchLengthScaleTokens: 16384}
                  - {name: best, type: max-score-picker}
                schedulingProfiles:
                  - name: chat
                    plugins:
                      - {pluginRef: waiting, weight: 2}
                      - {pluginRef: memory, weight: 1}
                      - {pluginRef: reuse, weight: 4}
                      - {pluginRef: best}
                """);
        assertThat(weights(plan, "chat")).isEqualTo(Map.of("waiting", 2.0, "memory", 1.0, "reuse", 4.0));
        assertThat(plan.describe()).contains("profile chat", "  scorer reuse weight 4.0", "  picker best");
    }

    @Test
    void jsonLoadsLikeYaml() {
        SchedulingPlan plan = plan("""
                {"apiVersion": "llm-d.ai/v1alpha1", "kind": "EndpointPickerConfig",
                 "plugins": [{"type": "queue-scorer"}, {"type": "random-picker", "parameters": {"maxNumOfEndpoints": 2}}],
                 "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "queue-scorer", "weight": 1e0}]}]}
                """);
        assertThat(profile(plan, "p").picker().name()).isEqualTo("random-picker");
    }

    @Test
    void withoutProfilesEveryConfiguredPartIsInTheDefaultOne() {
        SchedulingPlan plan = plan(HEAD + """
                plugins:
                  - type: decode-filter
                  - type: queue-scorer
                  - type: running-requests-size-scorer
                  - type: random-picker
                """);
        SchedulingProfile profile = profile(plan, "default");
        assertThat(profile.filters()).extracting(NamedPlugin::name).containsExactly("decode-filter");
        assertThat(weights(plan, "default"))
                .isEqualTo(Map.of("queue-scorer", 1.0, "running-requests-size-scorer", 1.0));
        assertThat(profile.picker().name()).isEqualTo("random-picker");
    }

    @Test
    void requiredDataGetsItsDefaultProducerBeforeItsReaders() {
        SchedulingPlan plan = plan(HEAD + """
                plugins:
                  - type: token-load-scorer
                  - type: prefix-cache-scorer
                """);
        assertThat(producers(plan)).containsExactly("approx-prefix-cache-producer", "inflight-load-producer");
    }

    @Test
    void aNamedProducerIsUsedAndNoDefaultIsAdded() {
        SchedulingPlan plan = plan(HEAD + """
                plugins:
                  - type: prefix-cache-scorer
                    parameters: {prefixMatchInfoProducerName: prompt-index}
                  - name: prompt-index
                    type: approx-prefix-cache-producer
                    parameters: {blockSizeTokens: 32}
                """);
        assertThat(producers(plan)).containsExactly("prompt-index");
    }

    @Test
    void producersThatWaitForEachOtherAreRefused() {
        DataKey<?> a = new DataKey<>("A", "a-producer", Object.class);
        DataKey<?> b = new DataKey<>("B", "b-producer", Object.class);
        List<PluginFactory<?>> factories = TestPlugins.real();
        factories.add(new TestPlugins.ProducerFactory("a-producer", List.of(a), List.of(b), List.of()));
        factories.add(new TestPlugins.ProducerFactory("b-producer", List.of(b), List.of(a), List.of()));
        LoadResult result = new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                .load(HEAD + "plugins:\n  - type: a-producer\n", "c.yaml");
        assertThat(result.findings())
                .extracting(Finding::toString)
                .containsExactly("c.yaml:4:plugins[0]: producers [a-producer, b-producer] wait for each other's data"
                        + " (expected: no cycle)");
    }

    @Test
    void dataOfAnotherTypeThanTheWantedOneIsRefused() {
        DataKey<?> text = new DataKey<>("A", "a-producer", String.class);
        DataKey<?> number = new DataKey<>("A", "a-producer", Long.class);
        List<PluginFactory<?>> factories = TestPlugins.real();
        factories.add(new TestPlugins.ProducerFactory("a-producer", List.of(text), List.of(), List.of()));
        factories.add(new TestPlugins.ProducerFactory("b-producer", List.of(), List.of(number), List.of()));
        EndpointPickerConfigLoader typed = new EndpointPickerConfigLoader(new PluginRegistry(factories), false);
        assertThat(typed.load(HEAD + "plugins:\n  - type: a-producer\n  - type: b-producer\n", "c.yaml")
                        .findings())
                .extracting(Finding::toString)
                .containsExactly("c.yaml:5:plugins[1]: b-producer requires A, which a-producer does not produce as Long"
                        + " (expected: String)");
    }

    @Test
    void optionalDataIsProducedBeforeItIsRead() {
        DataKey<?> late = new DataKey<>("A", "late-producer", Object.class);
        DataKey<?> reader = new DataKey<>("B", "reader-producer", Object.class);
        List<PluginFactory<?>> factories = TestPlugins.real();
        factories.add(new TestPlugins.ProducerFactory("late-producer", List.of(late), List.of(), List.of()));
        factories.add(new TestPlugins.ProducerFactory("reader-producer", List.of(reader), List.of(), List.of(late)));
        LoadResult.Loaded loaded = new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                .load(HEAD + "plugins:\n  - type: reader-producer\n  - type: late-producer\n", "c.yaml")
                .orThrow();
        assertThat(producers(loaded.plan())).containsExactly("late-producer", "reader-producer");
    }

    @Test
    void dataThatOnlySomebodyMissingProducesIsAWarningWhenOptional() {
        LoadResult.Loaded loaded = loader.load(HEAD + "plugins:\n  - type: active-request-scorer\n", "c.yaml")
                .orThrow();
        assertThat(loaded.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.isError()).isFalse();
            assertThat(finding.message()).contains("inflight-load-producer would use " + DataKeys.prefixMatches(""));
        });
    }

    @Test
    void deprecatedNamesStillWorkWithAWarning() {
        LoadResult.Loaded loaded = loader.load("""
                        apiVersion: inference.networking.x-k8s.io/v1alpha1
                        kind: EndpointPickerConfig
                        plugins:
                          - type: by-label-selector
                            parameters: {matchLabels: {a: b}}
                        saturationDetector: {pluginRef: utilization-detector}
                        parser: {pluginRef: openai-parser}
                        """, "old.yaml").orThrow();
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "old.yaml:1:apiVersion: inference.networking.x-k8s.io/v1alpha1 is deprecated, use"
                                + " llm-d.ai/v1alpha1 instead",
                        "old.yaml:4:plugins[0].type: type by-label-selector is deprecated, use label-selector-filter"
                                + " instead",
                        "old.yaml:6:saturationDetector: is deprecated, use flowControl.saturationDetector instead",
                        "old.yaml:7:parser: is deprecated, use requestHandler.parsers instead");
        assertThat(loaded.config()
                        .flowControl()
                        .saturationDetector()
                        .pluginRef()
                        .value())
                .isEqualTo("utilization-detector");
        assertThat(loaded.config().requestHandler().parsers()).hasSize(1);
    }

    @Test
    void flowControlIsDecodedAndKept() {
        LoadResult.Loaded loaded = loader.load(HEAD + """
                        featureGates: [flowControl=true]
                        plugins: []
                        flowControl:
                          maxBytes: 1Gi
                          maxRequests: 2k
                          defaultRequestTTL: 1m30s
                          priorityBands:
                            - {priority: 10, maxBytes: 500Mi, orderingPolicyRef: fcfs-ordering-policy}
                        dataLayer:
                          crossReplicaSyncInterval: 250ms
                        """, "c.yaml").orThrow();
        EndpointPickerConfig.FlowControl section = loaded.config().flowControl();
        assertThat(section.maxBytes().value()).isEqualTo(1L << 30);
        assertThat(section.maxRequests().value()).isEqualTo(2000);
        assertThat(section.defaultRequestTTL()).hasSeconds(90);
        assertThat(section.priorityBands().getFirst().maxBytes().value()).isEqualTo(500L << 20);
        assertThat(loaded.config().dataLayer().crossReplicaSyncInterval().value())
                .hasMillis(250);
        assertThat(loaded.plan().featureGates()).containsEntry("flowControl", true);
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "c.yaml:12:dataLayer.crossReplicaSyncInterval: has no effect: schedulers share their load"
                                + " as scheduler.replicas.interval says");
    }

    @Test
    void theMetricsSourceIsRecognisedByItsType() {
        LoadResult.Loaded loaded = loader.load(HEAD + """
                        plugins:
                          - {name: scrape, type: metrics-data-source}
                          - {name: core, type: core-metrics-extractor}
                        dataLayer:
                          sources:
                            - pluginRef: scrape
                              extractors: [{pluginRef: core}]
                        """, "c.yaml").orThrow();
        assertThat(loaded.config().dataLayer().sources()).hasSize(1);
    }

    @Test
    void experimentalTypesLoadWhenTheyAreAllowed() {
        String text = HEAD + "plugins:\n  - type: session-affinity-scorer\n";
        assertThat(loader.load(text, "c.yaml").findings())
                .extracting(Finding::toString)
                .containsExactly("c.yaml:4:plugins[0].type: type session-affinity-scorer is experimental (expected:"
                        + " scheduler.allow-experimental-plugins=true)");
        LoadResult result =
                new EndpointPickerConfigLoader(new PluginRegistry(TestPlugins.all()), true).load(text, "c.yaml");
        assertThat(result.orThrow().plan().preRequests())
                .extracting(NamedPlugin::name)
                .containsExactly("session-affinity-scorer");
    }

    @Test
    void typesForClustersAreExperimentalNamesOfOthersAndNotDeprecated() {
        String text = HEAD + """
                plugins:
                  - type: multicluster-prefix-cache-scorer
                  - type: multicluster-session-affinity-filter
                  - type: multicluster-queue-scorer
                  - type: multicluster-kv-cache-utilization-scorer
                """;
        assertThat(loader.load(text, "c.yaml").findings())
                .hasSize(4)
                .allSatisfy(finding -> assertThat(finding.toString()).contains("is experimental"));
        LoadResult result =
                new EndpointPickerConfigLoader(new PluginRegistry(TestPlugins.all()), true).load(text, "c.yaml");
        assertThat(result.findings())
                .extracting(Finding::message)
                .containsExactly(
                        "multicluster-queue-scorer would use llm-d.ai/multicluster-queue-size and no plugin produces it",
                        "multicluster-kv-cache-utilization-scorer would use llm-d.ai/multicluster-kv-cache-utilization and"
                                + " no plugin produces it");
        assertThat(weights(result.orThrow().plan(), "default"))
                .containsOnlyKeys(
                        "multicluster-prefix-cache-scorer",
                        "multicluster-queue-scorer",
                        "multicluster-kv-cache-utilization-scorer");
    }

    @Test
    void topologyLoadsWithOrWithoutItsSource() {
        EndpointPickerConfigLoader experimental = new EndpointPickerConfigLoader(TestPlugins.registered(), true);
        String plugins = HEAD + "plugins:\n  - type: topology-affinity-scorer\n";
        assertThat(experimental.load(plugins, "c.yaml").orThrow().plan().producers())
                .extracting(NamedPlugin::name)
                .containsExactly("topology-extractor");
        LoadResult withSource = experimental.load(plugins + """
                  - {name: places, type: topology-extractor}
                  - type: endpoint-notification-source
                dataLayer:
                  sources:
                    - {pluginRef: endpoint-notification-source, extractors: [{pluginRef: places}]}
                """, "c.yaml");
        assertThat(withSource.findings()).isEmpty();
    }

    @Test
    void mergeKeysAndAliasesAreExpanded() {
        SchedulingPlan plan = plan(HEAD + """
                plugins:
                  - &base {type: load-aware-scorer, name: x}
                  - {<<: *base, name: y}
                """);
        assertThat(weights(plan, "default")).containsOnlyKeys("x", "y");
    }

    @Test
    void allTypesOfTheReferenceVersionAreKnown() {
        assertThat(KnownTypes.count()).isEqualTo(97);
        assertThat(TestPlugins.real()).extracting(PluginFactory::type).contains("queue-scorer", "random-picker");
    }

    private SchedulingPlan plan(String text) {
        return loader.load(text, "c.yaml").orThrow().plan();
    }

    private static SchedulingProfile profile(SchedulingPlan plan, String name) {
        return plan.profiles().get(name);
    }

    private static Map<String, Double> weights(SchedulingPlan plan, String profile) {
        return profile(plan, profile).scorers().stream()
                .collect(Collectors.toMap(WeightedScorer::name, WeightedScorer::weight));
    }

    private static List<String> producers(SchedulingPlan plan) {
        List<String> names = new ArrayList<>();
        plan.producers().forEach(producer -> names.add(producer.name()));
        return names;
    }
}
