package io.llmd.scheduler.plugin.profile;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ProfileOutcome.Failed;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DisaggProfileHandlerTest {

    private static final List<String> ALL = List.of("prefill", "decode", "encode");

    private final Candidates candidates = idle("decode", "prefill", "encode");
    private final List<String> asked = new ArrayList<>();
    private final List<String> faulty = new ArrayList<>();
    private final PluginFaults faults = new PluginFaults() {
        @Override
        public void failed(String plugin, Throwable failure) {
            faulty.add(plugin);
        }

        @Override
        public void invalidScores(String plugin, int count) {}

        @Override
        public void skipped(String plugin, DataKey<?> missing) {}
    };
    private final Map<String, ProfileOutcome> results = new LinkedHashMap<>();

    @Test
    void decodeRunsFirstThenWhatTheDecidersWant() {
        run(handler("", decider("p", true), decider("e", true)), ALL, Set.of());
        assertThat(results).containsOnlyKeys("decode", "encode", "prefill");
        assertThat(results.keySet()).containsExactly("decode", "encode", "prefill");
        assertThat(asked).containsExactly("e sees 0", "p sees 0");
        assertThat(candidates.data(DataKeys.peerEndpoint())).isEqualTo(new PeerEndpoint(0));
    }

    @Test
    void decidersThatSayNoAreAskedOnce() {
        run(handler("", decider("p", false), decider("e", false)), ALL, Set.of());
        assertThat(results.keySet()).containsExactly("decode");
        assertThat(asked).containsExactly("e sees 0", "p sees 0");
        assertThat(candidates.data(DataKeys.peerEndpoint())).isNull();
    }

    @Test
    void withoutADeciderOrAProfileAPhaseIsNotSplitOff() {
        run(handler("", null, null), ALL, Set.of());
        assertThat(results.keySet()).containsExactly("decode");
        results.clear();
        run(handler("", decider("p", true), decider("e", true)), List.of("decode"), Set.of());
        assertThat(results.keySet()).containsExactly("decode");
    }

    @Test
    void aDeciderThatFailsIsCountedAndSaysNo() {
        Decider failing = (request, seen, slot) -> {
            throw new IllegalStateException("defect");
        };
        run(handler("", failing, decider("e", true)), ALL, Set.of());
        assertThat(results.keySet()).containsExactly("decode", "encode");
        assertThat(faulty).contains("decider of profile prefill");
    }

    @Test
    void theDecodeProfileIsRequiredAndThePrefillProfilePrepares() {
        DisaggProfileHandler handler = handler("profiles: {decode: d, prefill: p}", null, null);
        assertThat(handler.requiredProfiles()).containsExactly("d");
        assertThat(handler.preparingProfiles()).containsExactly("p");
    }

    @Test
    @Tag("scheduling-55")
    void whenDecodeFailsNothingElseRuns() {
        DisaggProfileHandler handler = handler("", decider("p", true), decider("e", true));
        run(handler, ALL, Set.of("decode"));
        assertThat(results.keySet()).containsExactly("decode");
        assertThat(asked).isEmpty();
        assertThat(handler.process(request(), results)).isEqualTo(new Rejected(Reason.SATURATED, "nobody"));
    }

    @Test
    @Tag("scheduling-54")
    void aFailedPrefillLeavesTheRequestToDecodeWithoutAHeader() {
        DisaggProfileHandler handler = handler("", decider("p", true), null);
        run(handler, ALL, Set.of("prefill"));
        Scheduled scheduled = (Scheduled) handler.process(request(), results);
        assertThat(scheduled.primaryProfile()).isEqualTo("decode");
        assertThat(scheduled.profiles()).containsOnlyKeys("decode");
        assertThat(headers(handler, scheduled)).isEmpty();
    }

    @Test
    void theEndpointsOfOtherPhasesAreNamedInHeaders() {
        DisaggProfileHandler handler = handler("", decider("p", true), decider("e", true));
        run(handler, ALL, Set.of());
        results.put("encode", new Picked(List.of(candidates.get(2), candidates.get(1)), List.of(2, 1)));
        Scheduled scheduled = (Scheduled) handler.process(request(), results);
        assertThat(scheduled.profiles()).containsOnlyKeys("decode", "prefill", "encode");
        assertThat(headers(handler, scheduled))
                .containsOnly(
                        Map.entry("x-prefiller-host-port", "127.0.0.1:8000"),
                        Map.entry("x-encoder-hosts-ports", "127.0.0.1:8000,127.0.0.1:8000"));
    }

    @Test
    void prefillCanComeFirstAndNeedsNoDecider() {
        run(handler("stageOrder: prefill-first", null, decider("e", true)), ALL, Set.of());
        assertThat(results.keySet()).containsExactly("prefill", "encode", "decode");
        assertThat(asked).containsExactly("e sees -1");
        assertThat(candidates.data(DataKeys.peerEndpoint())).isEqualTo(new PeerEndpoint(1));
    }

    @Test
    void whenPrefillFailsFirstDecodeServesAlone() {
        DisaggProfileHandler handler = handler("stageOrder: prefill-first", null, null);
        run(handler, ALL, Set.of("prefill"));
        assertThat(results.keySet()).containsExactly("prefill", "decode");
        assertThat(candidates.data(DataKeys.peerEndpoint())).isNull();
        assertThat(((Scheduled) handler.process(request(), results)).profiles()).containsOnlyKeys("decode");
    }

    @Test
    void withoutAPrefillProfilePrefillFirstRunsTheOthers() {
        run(handler("stageOrder: prefill-first", null, decider("e", true)), List.of("decode", "encode"), Set.of());
        assertThat(results.keySet()).containsExactly("encode", "decode");
    }

    @Test
    void profilesHaveNamesInBothFormats() {
        run(handler("profiles: {decode: d, prefill: p}", decider("p", true), null), List.of("p", "d"), Set.of());
        assertThat(results.keySet()).containsExactly("d", "p");
        results.clear();
        run(handler("{decodeProfile: d, prefillProfile: p}", decider("p", true), null), List.of("p", "d"), Set.of());
        assertThat(results.keySet()).containsExactly("d", "p");
    }

    @Test
    void mixedFormatsAndAPrefillDeciderAfterPrefillAreRefused() {
        assertThatThrownBy(() -> params("{profiles: {decode: d}, prefillDeciderPluginName: x}"))
                .hasMessageContaining("both nested and flat (expected: either of them)");
        assertThatThrownBy(() -> params("{stageOrder: prefill-first, deciders: {prefill: x}}"))
                .hasMessageContaining("prefill-first (expected: no prefill decider, or decode-first)");
        assertThatThrownBy(() -> params("stageOrder: encode-first"))
                .hasMessageContaining("expected: one of decode-first, prefill-first");
    }

    @Test
    void olderNamesOfDecidersAreKnown() {
        assertThat(params("{prefillDeciderPluginName: x, encodeDeciderPluginName: y}")
                        .deciders())
                .isEqualTo(new DisaggProfileHandler.Deciders("x", "y"));
        assertThat(params("deciderPluginName: x").deciders()).isEqualTo(new DisaggProfileHandler.Deciders("x", null));
    }

    @Test
    void theDeprecatedHandlerAddsTheSameHeaders() {
        Picked prefill = new Picked(List.of(candidates.get(1)), List.of(1));
        Picked decode = new Picked(List.of(candidates.get(0)), List.of(0));
        Dispatch dispatch = new Dispatch(1);
        new DisaggHeadersHandler(ParameterBinder.bind(DisaggHeadersHandler.Params.class, "prefillProfile: p"))
                .scheduled(request(), candidates, new Scheduled("d", Map.of("d", decode, "p", prefill)), dispatch);
        assertThat(dispatch.requestHeaders()).containsOnly(Map.entry("x-prefiller-host-port", "127.0.0.1:8000"));
    }

    private Map<String, String> headers(DisaggProfileHandler handler, Scheduled scheduled) {
        Dispatch dispatch = new Dispatch(1);
        handler.scheduled(request(), candidates, scheduled, dispatch);
        return dispatch.requestHeaders();
    }

    /** Runs profiles as the scheduler does; each chooses the endpoint at its own position. */
    private void run(DisaggProfileHandler handler, List<String> profiles, Set<String> failing) {
        List<String> next = handler.nextProfiles(request(), candidates, profiles, results);
        while (!next.isEmpty()) {
            for (String profile : next) {
                assertThat(results).doesNotContainKey(profile);
                int position = profile.startsWith("d") ? 0 : profile.startsWith("p") ? 1 : 2;
                results.put(
                        profile,
                        failing.contains(profile)
                                ? new Failed("nobody")
                                : new Picked(List.of(candidates.get(position)), List.of(position)));
            }
            next = handler.nextProfiles(request(), candidates, profiles, results);
        }
    }

    private Decider decider(String name, boolean answer) {
        return (request, seen, slot) -> {
            asked.add(name + " sees " + slot);
            return answer;
        };
    }

    private DisaggProfileHandler handler(String parameters, @Nullable Decider prefill, @Nullable Decider encode) {
        return new DisaggProfileHandler(params(parameters), prefill, encode, new PluginGuard(faults));
    }

    private static DisaggProfileHandler.Params params(String parameters) {
        return ParameterBinder.bind(DisaggProfileHandler.Params.class, parameters);
    }
}
