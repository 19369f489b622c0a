package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.Plugin;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PluginReferencesTest {

    private static final String SPLIT = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: split}}}
              - {name: split, type: always-disagg-pd-decider}
              - type: prefill-filter
              - type: decode-filter
              - type: max-score-picker
            schedulingProfiles:
              - name: prefill
                plugins: [{pluginRef: prefill-filter}]
              - name: decode
                plugins: [{pluginRef: decode-filter}]
            """;

    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);

    @Test
    void aPluginMayReferToOneThatFollowsAndTheOrderOfTheFileStays() {
        String text = SPLIT.replace(
                "schedulingProfiles:", "  - {name: spread, type: no-hit-lru-scorer}\nschedulingProfiles:");
        assertThat(TestPlugins.loader().load(text, "f").orThrow().plan().preRequests())
                .extracting(NamedPlugin::name)
                .containsExactly("stages", "spread");
    }

    @Test
    void aSplitRequestNamesItsPrefillEndpoint() {
        Candidates candidates = Candidates.of(role("d", "decode"), role("p", "prefill"));
        Scheduled scheduled = (Scheduled) schedule(candidates);
        assertThat(scheduled.primary().primary().id()).isEqualTo("ns/d");
        Dispatch dispatch = new Dispatch(1);
        scheduler.scheduled(plan(), EndpointFixture.request(), candidates, scheduled, dispatch);
        assertThat(dispatch.requestHeaders()).containsOnlyKeys("x-prefiller-host-port");
    }

    @Test
    void withoutPrefillEndpointsDecodeServesAlone() {
        Candidates candidates = Candidates.of(role("d", "decode"));
        Scheduled scheduled = (Scheduled) schedule(candidates);
        Dispatch dispatch = new Dispatch(1);
        scheduler.scheduled(plan(), EndpointFixture.request(), candidates, scheduled, dispatch);
        assertThat(scheduled.profiles()).containsOnlyKeys("decode");
        assertThat(dispatch.requestHeaders()).isEmpty();
    }

    @Test
    void withoutDecodeEndpointsTheRequestIsRejectedAndPrefillDoesNotRun() {
        assertThat(schedule(Candidates.of(role("p", "prefill"))))
                .isEqualTo(new Rejected(Reason.SATURATED, "filter decode-filter of profile decode left nobody"));
    }

    @Test
    void aMissingDeciderIsNamed() {
        assertThat(problems(SPLIT.replace("prefill: split", "prefill: ghost")))
                .contains("f:4:plugins[0].parameters: no plugin ghost (expected: one of [split, prefill-filter,"
                        + " decode-filter, max-score-picker])");
    }

    @Test
    void aPluginThatIsNoDeciderIsNamed() {
        assertThat(problems(SPLIT.replace("prefill: split", "prefill: decode-filter")))
                .contains("f:4:plugins[0].parameters: deciders: decode-filter (expected: the name of a decider)");
    }

    @Test
    void pluginsThatWaitForEachOtherAreNamed() {
        List<PluginFactory<?>> factories = new ArrayList<>(TestPlugins.all());
        factories.add(new FriendFactory());
        String text = """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {name: a, type: friend, parameters: {of: b}}
                  - {name: b, type: friend, parameters: {of: a}}
                  - {name: c, type: friend, parameters: {of: token-producer}}
                  - type: token-producer
                """;
        assertThat(new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                        .load(text, "f")
                        .findings())
                .extracting(Finding::toString)
                .contains(
                        "f:4:plugins[0].parameters: a refers to b, which waits for others (expected: no cycle)",
                        "f:5:plugins[1].parameters: b refers to a, which waits for others (expected: no cycle)",
                        "f:6:plugins[2].parameters: c refers to token-producer, which cannot be made");
    }

    @Test
    void onReloadAPluginThatRefersToOthersIsMadeAnew() {
        LoadResult.Loaded first = TestPlugins.loader().load(SPLIT, "f").orThrow();
        LoadResult.Loaded second =
                TestPlugins.loader().load(SPLIT, "f", first.instances()).orThrow();
        assertThat(second.instances().get("split")).isSameAs(first.instances().get("split"));
        assertThat(second.instances().get("stages"))
                .isNotSameAs(first.instances().get("stages"));
    }

    private SchedulingOutcome schedule(Candidates candidates) {
        return scheduler.schedule(plan(), EndpointFixture.request(), candidates, DecisionRecorder.NONE);
    }

    private static SchedulingPlan plan() {
        return TestPlugins.loader().load(SPLIT, "f").orThrow().plan();
    }

    private static List<String> problems(String text) {
        return TestPlugins.loader().load(text, "f").findings().stream()
                .map(Finding::toString)
                .toList();
    }

    private static Endpoint role(String name, String role) {
        return EndpointFixture.labelled(name, Map.of("llm-d.ai/role", role));
    }

    private record FriendParams(String of) {}

    private record FriendFactory() implements PluginFactory<FriendParams> {
        @Override
        public String type() {
            return "friend";
        }

        @Override
        public Class<FriendParams> paramsType() {
            return FriendParams.class;
        }

        @Override
        public List<String> references(FriendParams params) {
            return List.of(params.of());
        }

        @Override
        public Plugin create(String name, FriendParams params) {
            return new Plugin() {};
        }
    }
}
