package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.AdmissionResponse;
import io.llmd.scheduler.flowcontrol.BandSettings;
import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowController;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.PoolViews;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.GuardSettings;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowControlReaderTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    private final EndpointPickerConfigLoader loader =
            new EndpointPickerConfigLoader(new PluginRegistry(TestPlugins.all()), true);

    @Test
    void withoutASectionRequestsDoNotWaitAndTheDetectorIsTheDefaultOne() {
        FlowControlSettings settings = read("plugins: []\n");
        assertThat(settings.isOn()).isFalse();
        assertThat(settings.detector().name()).isEqualTo("utilization-detector");
        assertThat(settings.maxRequests()).isZero();
        assertThat(settings.requestTtl()).hasSeconds(60);
        assertThat(settings.noEndpointTtl()).hasSeconds(60);
        assertThat(settings.maxWait()).hasSeconds(120);
        assertThat(settings.maxFlows()).isEqualTo(10_000);
        assertThat(settings.defaultBand().maxRequests()).isEqualTo(5000);
        assertThat(settings.defaultBand().maxBytes()).isEqualTo(1_000_000_000);
        assertThat(settings.defaultNegativeBand()).isEqualTo(settings.defaultBand());
        assertThat(settings.eviction().filter()).isSameAs(EvictionFilter.SHEDDABLE);
        assertThat(settings.eviction().grace()).hasMillis(2300);
    }

    @Test
    void theGateIsReadAndTheDefaultsAreMadeOnce() {
        LoadResult.Loaded loaded = load("plugins: []\nfeatureGates: [flowControl]\n");
        assertThat(loaded.flowControl().isOn()).isTrue();
        assertThat(loaded.instances())
                .containsKeys(
                        "utilization-detector",
                        "static-usage-limit-policy",
                        "global-strict-fairness-policy",
                        "fcfs-ordering-policy");
        assertThat(loaded.findings()).isEmpty();
    }

    @Test
    void everyFieldArrives() {
        LoadResult.Loaded loaded = load("""
                featureGates: [flowControl=true]
                plugins:
                  - {name: limits, type: priority-holdback-policy, parameters: {minCeiling: 0.5}}
                  - {name: full, type: concurrency-detector, parameters: {maxConcurrency: 4}}
                  - {name: shares, type: weighted-token-fairness-policy, parameters: {weights: {a: 2.0}}}
                  - type: round-robin-fairness-policy
                  - type: edf-ordering-policy
                  - type: sheddable-eviction-filter
                  - type: priority-then-time-eviction-order-policy
                flowControl:
                  maxBytes: 1Gi
                  maxRequests: 2k
                  defaultRequestTTL: 5s
                  noEndpointRequestTTL: 1m
                  maxWait: 90s
                  maxFlowsPerBand: 7
                  defaultPriorityBand: {maxRequests: 10}
                  defaultNegativePriorityBand: {maxRequests: 3, fairnessPolicyRef: round-robin-fairness-policy}
                  priorityBands:
                    - {priority: 10, maxBytes: 500Mi, orderingPolicyRef: edf-ordering-policy, fairnessPolicyRef: shares}
                    - {priority: 0, maxRequests: 0}
                  usageLimitPolicyPluginRef: limits
                  saturationDetector: {pluginRef: full}
                  enableEviction: true
                """);
        FlowControlSettings settings = loaded.flowControl();
        assertThat(settings.maxBytes()).isEqualTo(1L << 30);
        assertThat(settings.maxRequests()).isEqualTo(2000);
        assertThat(settings.requestTtl()).hasSeconds(5);
        assertThat(settings.noEndpointTtl()).hasMinutes(1);
        assertThat(settings.maxWait()).hasSeconds(90);
        assertThat(settings.maxFlows()).isEqualTo(7);
        assertThat(settings.defaultBand().maxRequests()).isEqualTo(10);
        assertThat(settings.defaultNegativeBand().maxRequests()).isEqualTo(3);
        assertThat(settings.bands()).containsOnlyKeys(10, 0);
        assertThat(settings.bands().get(0).maxRequests()).isEqualTo(BandSettings.DEFAULT_MAX_REQUESTS);
        assertThat(settings.bands().get(10).maxBytes()).isEqualTo(500L << 20);
        assertThat(settings.bands().get(10).fairness())
                .isSameAs(loaded.instances().get("shares").plugin());
        assertThat(settings.bands().get(10).ordering())
                .isSameAs(loaded.instances().get("edf-ordering-policy").plugin());
        assertThat(settings.usageLimits())
                .isSameAs(loaded.instances().get("limits").plugin());
        assertThat(settings.detector()).isSameAs(loaded.instances().get("full").plugin());
        assertThat(settings.isEvicting()).isTrue();
        assertThat(settings.eviction().filter())
                .isSameAs(loaded.instances().get("sheddable-eviction-filter").plugin());
        assertThat(settings.eviction().grace()).hasMillis(10);
    }

    @Test
    @Tag("flow-control-F16")
    void aBoundOfZeroOfABandMeansFiveThousand() {
        FlowControlSettings settings =
                read("plugins: []\nflowControl: {priorityBands: [{priority: 3, maxRequests: 0}]}\n");
        assertThat(settings.bands().get(3).maxRequests()).isEqualTo(5000);
    }

    @Test
    void theDataThatTheDetectorNeedsGetsItsProducer() {
        LoadResult.Loaded loaded = load(
                "plugins: [{type: concurrency-detector}]\nflowControl: {saturationDetector: {pluginRef: concurrency-detector}}\n");
        assertThat(loaded.instances()).containsKey("inflight-load-producer");
    }

    @Test
    void aDetectorAmongThePluginsIsAFilterOfTheProfileThatIsMade() {
        LoadResult.Loaded loaded = load("plugins: [{type: utilization-detector}]\n");
        assertThat(loaded.instances().get("utilization-detector").plugin()).isInstanceOf(Filter.class);
        assertThat(loaded.plan().describe()).contains("  filter utilization-detector");
    }

    @Test
    void aDetectorThatIsAddedIsNoFilter() {
        assertThat(load("plugins: []\n").plan().describe()).noneMatch(line -> line.contains("utilization-detector"));
    }

    @Test
    void theNoEndpointBudgetFollowsTheOtherOne() {
        FlowControlSettings settings = read("plugins: []\nflowControl: {defaultRequestTTL: 5s}\n");
        assertThat(settings.noEndpointTtl()).hasSeconds(5);
        assertThat(settings.maxWait()).hasSeconds(10);
    }

    /** F22. */
    @Test
    @Tag("flow-control-F22")
    @Tag("fault-F64")
    void inAnEmptyPoolARequestLeavesAfterTheBudgetThatFollowsTheOtherOne() {
        long[] now = {0};
        List<Admission> outcomes = new ArrayList<>();
        FlowController controller = new FlowController(
                read("plugins: []\nfeatureGates: [flowControl]\nflowControl: {defaultRequestTTL: 5s}\n"),
                new PoolViews(() -> new Endpoint[0]),
                FlowObserver.NONE,
                new PluginGuard(GuardSettings.DEFAULT, PluginFaults.NONE, () -> now[0]),
                lease -> {},
                () -> now[0]);
        controller.submit(new FlowRequest("r", "f", 0, 0, 1, 0, null, null, "m", "m"), outcomes::add);
        controller.turn();
        now[0] = 4_999_999_999L;
        controller.turn();
        assertThat(outcomes).isEmpty();
        now[0]++;
        controller.turn();
        assertThat(outcomes)
                .singleElement()
                .satisfies(outcome ->
                        assertThat(AdmissionResponse.outcomeName(outcome)).isEqualTo("EvictedNoEndpoints"));
    }

    @Test
    void withoutOneOfTheBudgetsThereIsNoLimitOnTheWholeWait() {
        assertThat(read("plugins: []\nflowControl: {defaultRequestTTL: 0s, noEndpointRequestTTL: 5s}\n")
                        .maxWait())
                .isEqualTo(Duration.ZERO);
    }

    @Test
    void aSectionWithoutTheGateGivesAWarningUnlessItNamesOnlyADetector() {
        assertThat(load("plugins: []\nflowControl: {enableEviction: true}\n").findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "f:4:flowControl: the feature gate flowControl is off; only saturationDetector has an effect");
        assertThat(load("plugins: []\nflowControl: {saturationDetector: {pluginRef: utilization-detector}}\n")
                        .findings())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{saturationDetector: {pluginRef: ghost}} | flowControl.saturationDetector.pluginRef: no plugin ghost (expected: a saturation-detector in plugins)",
                "{saturationDetector: {}} | flowControl.saturationDetector.pluginRef: is missing (expected: the name of a plugin)",
                "{saturationDetector: {pluginRef: fcfs-ordering-policy}} | flowControl.saturationDetector.pluginRef: no plugin fcfs-ordering-policy (expected: a saturation-detector in plugins)",
                "{usageLimitPolicyPluginRef: ghost} | flowControl.usageLimitPolicyPluginRef: no plugin ghost (expected: a usage-limit-policy in plugins)",
                "{defaultPriorityBand: {fairnessPolicyRef: fcfs-ordering-policy}} | flowControl.defaultPriorityBand.fairnessPolicyRef: no plugin fcfs-ordering-policy (expected: a fairness-policy in plugins)",
                "{defaultNegativePriorityBand: {orderingPolicyRef: ghost}} | flowControl.defaultNegativePriorityBand.orderingPolicyRef: no plugin ghost (expected: a ordering-policy in plugins)",
                "{maxFlowsPerBand: 0} | flowControl.maxFlowsPerBand: 0 (expected: >= 1)",
                "{usageLimitPolicyPluginRef: priority-holdback-policy} | flowControl.usageLimitPolicyPluginRef: no plugin priority-holdback-policy (expected: a usage-limit-policy in plugins)",
                "{priorityBands: [{priority: 1}, {priority: 1}]} | flowControl.priorityBands[1].priority: 1 (expected: one band per priority)"
            })
    void whatCannotBeIsRefused(String section, String finding) {
        LoadResult result = loader.load(
                HEAD + "featureGates: [flowControl]\nplugins: []\nflowControl: " + section.strip() + "\n", "f");
        assertThat(result).isInstanceOf(LoadResult.Refused.class);
        assertThat(result.findings()).extracting(Finding::toString).containsExactly("f:5:" + finding);
    }

    @Test
    void aDetectorThatIsNamedByItsTypeInsteadOfItsNameIsRefused() {
        LoadResult result = loader.load(
                HEAD + "plugins:\n  - {name: gate, type: concurrency-detector, parameters: {maxConcurrency: 8}}\n"
                        + "flowControl: {saturationDetector: {pluginRef: concurrency-detector}}\n",
                "f");
        assertThat(result.findings())
                .filteredOn(Finding::isError)
                .extracting(Finding::toString)
                .containsExactly(
                        "f:5:flowControl.saturationDetector.pluginRef: no plugin concurrency-detector (expected:"
                                + " a saturation-detector in plugins)");
    }

    @Test
    void aPolicyThatIsNotAmongThePluginsIsRefusedUnlessItIsTheDefault() {
        String bands = "plugins: []\nfeatureGates: [flowControl]\nflowControl:\n  defaultPriorityBand: ";
        assertThat(load(bands + "{fairnessPolicyRef: global-strict-fairness-policy}\n")
                        .findings())
                .isEmpty();
        assertThat(loader.load(HEAD + bands + "{fairnessPolicyRef: round-robin-fairness-policy}\n", "f")
                        .findings())
                .extracting(Finding::toString)
                .containsExactly("f:6:flowControl.defaultPriorityBand.fairnessPolicyRef: no plugin"
                        + " round-robin-fairness-policy (expected: a fairness-policy in plugins)");
    }

    @Test
    void aSecondEvictionFilterIsRefused() {
        LoadResult result = loader.load(
                HEAD + "plugins:\n  - {name: a, type: sheddable-eviction-filter}\n"
                        + "  - {name: b, type: sheddable-eviction-filter}\n",
                "f");
        assertThat(result.findings())
                .extracting(Finding::toString)
                .containsExactly("f:5:plugins[1]: second EvictionFilter besides a (expected: one)");
    }

    @Test
    void listenersHearOfSettingsThatComeIntoForceAndNotOfRefusedOnes() {
        ReloadablePlan plan = new ReloadablePlan(loader, HEAD + "plugins: []\n", "f");
        List<FlowControlSettings> heard = new ArrayList<>();
        plan.addListener(loaded -> heard.add(loaded.flowControl()));
        plan.replace(HEAD + "plugins: []\nflowControl: {maxRequests: -1}\n", "f");
        plan.replace(HEAD + "plugins: []\nfeatureGates: [flowControl]\nflowControl: {maxRequests: 5}\n", "f");
        assertThat(heard).singleElement().isSameAs(plan.flowControl());
        assertThat(plan.flowControl().maxRequests()).isEqualTo(5);
    }

    @Test
    void anUnchangedPolicyOutlivesAReload() {
        ReloadablePlan plan = new ReloadablePlan(loader, HEAD + "plugins: []\n", "f");
        FlowControlSettings before = plan.flowControl();
        plan.replace(HEAD + "plugins: []\nfeatureGates: [flowControl]\n", "f");
        assertThat(plan.flowControl().defaultBand().fairness())
                .isSameAs(before.defaultBand().fairness());
        assertThat(plan.flowControl().detector()).isSameAs(before.detector());
    }

    private LoadResult.Loaded load(String text) {
        return loader.load(HEAD + text, "f").orThrow();
    }

    private FlowControlSettings read(String text) {
        return load(text).flowControl();
    }
}
