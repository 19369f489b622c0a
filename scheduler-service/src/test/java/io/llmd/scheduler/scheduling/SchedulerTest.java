package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import io.llmd.scheduler.scheduling.SchedulingProfileTest.RecordingFaults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulerTest {

    private static final DataKey<String> A = new DataKey<>("A", "a", String.class);
    private static final DataKey<String> B = new DataKey<>("B", "b", String.class);

    private final RecordingFaults faults = new RecordingFaults();
    private final Scheduler scheduler = new Scheduler(faults);
    private final Parts parts = new Parts();

    @Test
    void anEmptyPoolHasNoEndpoints() {
        assertThat(reason(schedule(idle()))).isEqualTo(Reason.NO_ENDPOINTS);
    }

    @Test
    void whatScreenersKeepIsIntersectedAndEachSeesAll() {
        List<Integer> seen = new ArrayList<>();
        parts.screeners.add(screener(seen, 0, 1));
        parts.screeners.add(screener(seen, 1, 2));
        assertThat(primary(schedule(idle("a", "b", "c")))).isEqualTo("ns/b");
        assertThat(seen).containsExactly(3, 3);
    }

    @Test
    void screenersThatAgreeOnNobodyLeaveNoEndpoints() {
        parts.screeners.add(screener(new ArrayList<>(), 0));
        parts.screeners.add(screener(new ArrayList<>(), 1));
        assertThat(reason(schedule(idle("a", "b")))).isEqualTo(Reason.NO_ENDPOINTS);
    }

    @Test
    void filtersThatLeaveNobodyMeanSaturated() {
        parts.filter = (r, c) -> c.where(i -> false);
        assertThat(reason(schedule(idle("a")))).isEqualTo(Reason.SATURATED);
    }

    @Test
    void theFirstDenialWinsAndAFailingAdmitterDoesNotDeny() {
        parts.admitters.add((r, c) -> {
            throw new IllegalStateException("boom");
        });
        parts.admitters.add((r, c) -> "too late");
        parts.admitters.add((r, c) -> "never asked");
        assertThat(schedule(idle("a"))).isEqualTo(new Rejected(Reason.DENIED, "too late"));
        assertThat(faults.events).containsExactly("failed admitter0 boom");
    }

    @Test
    void aProducerThatWritesWhatItDoesNotDeclareFails() {
        parts.producers.add(new FakeProducer(List.of(A), List.of(), c -> {
            c.put(A, "a");
            c.put(B, "b");
        }));
        Candidates candidates = idle("a");
        assertThat(schedule(candidates)).isInstanceOf(Scheduled.class);
        assertThat(candidates.data(A)).isNull();
        assertThat(candidates.data(B)).isNull();
        assertThat(faults.events)
                .containsExactly(
                        "WRITE by DataProducer producer0 of B/b",
                        "failed producer0 writes B/b, which it does not declare");
    }

    @Test
    void filtersSeeOnlyDataThatTheyDeclareAndWhatTheyKeepUnderTheirOwnName() {
        DataKey<String> own = new DataKey<>("Note", "filter", String.class);
        List<String> seen = new ArrayList<>();
        parts.producers.add(new FakeProducer(List.of(A, B), List.of(), c -> {
            c.put(A, "a");
            c.put(B, "b");
        }));
        parts.filter = new Filter() {
            @Override
            public List<DataKey<?>> reads() {
                return List.of(B);
            }

            @Override
            public Candidates filter(InferenceRequest request, Candidates candidates) {
                seen.add(String.valueOf(candidates.data(A)));
                seen.add(String.valueOf(candidates.data(B)));
                candidates.put(A, "changed");
                candidates.put(own, "mine");
                seen.add(String.valueOf(candidates.data(own)));
                return candidates;
            }
        };
        Candidates candidates = idle("a");
        schedule(candidates);
        assertThat(seen).containsExactly("null", "b", "mine");
        assertThat(candidates.data(A)).isEqualTo("a");
        assertThat(faults.events).containsExactly("READ by Filter filter of A/a", "WRITE by Filter filter of A/a");
    }

    @Test
    void aFailingProducerStopsOnlyThoseThatRequireItsData() {
        List<String> ran = new ArrayList<>();
        parts.producers.add(new FakeProducer(List.of(A), List.of(), c -> {
            c.put(A, "half written");
            throw new IllegalStateException("boom");
        }));
        parts.producers.add(new FakeProducer(List.of(B), List.of(A), c -> ran.add("needs A")));
        parts.producers.add(new FakeProducer(List.of(), List.of(B), c -> ran.add("needs B")));
        parts.producers.add(new FakeProducer(List.of(), List.of(), c -> ran.add("independent")));
        Candidates candidates = idle("a");
        assertThat(schedule(candidates)).isInstanceOf(Scheduled.class);
        assertThat(ran).containsExactly("independent");
        assertThat(candidates.data(A)).isNull();
        assertThat(faults.events)
                .containsExactly("failed producer0 boom", "skipped producer1 A", "skipped producer2 B");
    }

    @Test
    void aFailingScreenerIsTreatedAsAbsent() {
        parts.screeners.add((r, c) -> {
            throw new IllegalStateException("boom");
        });
        assertThat(primary(schedule(idle("a")))).isEqualTo("ns/a");
        assertThat(faults.events).containsExactly("failed screener0 boom");
    }

    @Test
    void aFailingHandlerFailsTheDecision() {
        parts.next = results -> {
            throw new IllegalStateException("boom");
        };
        assertThat(reason(schedule(idle("a")))).isEqualTo(Reason.FAILED);
        assertThat(faults.events).containsExactly("failed handler boom");
    }

    @Test
    void anUnknownProfileFailsTheDecision() {
        parts.next = results -> List.of("ghost");
        assertThat(reason(schedule(idle("a")))).isEqualTo(Reason.FAILED);
    }

    @Test
    void aHandlerThatNeverStopsAskingEndsTheLoop() {
        parts.next = results -> List.of("p");
        assertThat(primary(schedule(idle("a")))).isEqualTo("ns/a");
    }

    @Test
    void aFailingHookDoesNotStopTheOthers() {
        List<String> heard = new ArrayList<>();
        parts.preRequests.add((r, c, o, d) -> {
            throw new IllegalStateException("boom");
        });
        parts.preRequests.add((r, c, o, d) -> heard.add(o.primary().primary().id()));
        SchedulingPlan plan = parts.plan();
        Candidates candidates = idle("a");
        Scheduled outcome = (Scheduled) scheduler.schedule(plan, request(), candidates, DecisionRecorder.NONE);
        scheduler.scheduled(plan, request(), candidates, outcome, new Dispatch(1));
        assertThat(heard).containsExactly("ns/a");
        assertThat(faults.events).containsExactly("failed preRequest0 boom");
    }

    @Test
    void everyCallOfAPluginIsAnnouncedAndItsEndTold() {
        parts.screeners.add((request, candidates) -> candidates);
        parts.producers.add(new FakeProducer(List.of(A), List.of(), candidates -> {
            throw new IllegalStateException("broken");
        }));
        parts.producers.add(new FakeProducer(List.of(B), List.of(A), candidates -> {}));
        parts.admitters.add((request, candidates) -> null);
        Calls calls = new Calls();

        scheduler.schedule(parts.plan(), request(), idle("a"), calls);

        assertThat(calls.events)
                .containsExactly(
                        "Screener screener0",
                        "end",
                        "DataProducer producer0",
                        "without producer0",
                        "end",
                        "without producer1",
                        "Admission admitter0",
                        "end",
                        "ProfilePicker handler",
                        "end",
                        "Filter filter",
                        "end",
                        "Picker picker",
                        "end",
                        "ProfilePicker handler",
                        "end",
                        "ProcessProfilesResults handler",
                        "end");
    }

    private static final class Calls implements DecisionRecorder {
        private final List<String> events = new ArrayList<>();

        @Override
        public void begins(ExtensionPoint point, @Nullable String profile, String plugin) {
            events.add(point.wireName() + " " + plugin);
        }

        @Override
        public void ends() {
            events.add("end");
        }

        @Override
        public void leftOut(String plugin) {
            events.add("without " + plugin);
        }

        @Override
        public void filtered(String profile, String plugin, Candidates before, Candidates after) {}

        @Override
        public void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores) {}

        @Override
        public void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions) {}
    }

    private SchedulingOutcome schedule(Candidates candidates) {
        return scheduler.schedule(parts.plan(), request(), candidates, DecisionRecorder.NONE);
    }

    private static Reason reason(SchedulingOutcome outcome) {
        return ((Rejected) outcome).reason();
    }

    private static String primary(SchedulingOutcome outcome) {
        return ((Scheduled) outcome).primary().primary().id();
    }

    private static Screener screener(List<Integer> seen, int... kept) {
        return (request, candidates) -> {
            seen.add(candidates.size());
            return candidates.where(i -> java.util.Arrays.stream(kept).anyMatch(k -> k == i));
        };
    }

    private interface Produce {
        void run(Candidates candidates);
    }

    private record FakeProducer(List<DataKey<?>> produces, List<DataKey<?>> requires, Produce work)
            implements DataProducer {
        @Override
        public void produce(InferenceRequest request, Candidates candidates) {
            work.run(candidates);
        }
    }

    private interface Next {
        List<String> after(Map<String, ProfileOutcome> results);
    }

    private static final class Parts {
        private final List<Screener> screeners = new ArrayList<>();
        private final List<DataProducer> producers = new ArrayList<>();
        private final List<Admitter> admitters = new ArrayList<>();
        private final List<PreRequest> preRequests = new ArrayList<>();
        private Filter filter = (r, c) -> c;
        private Next next = results -> results.isEmpty() ? List.of("p") : List.of();

        private SchedulingPlan plan() {
            SchedulingProfile profile = new SchedulingProfile(
                    "p",
                    List.of(new NamedPlugin<>("filter", filter)),
                    List.of(),
                    new NamedPlugin<>("picker", (r, c, totals) -> new int[] {0}));
            return new SchedulingPlan(
                    named("screener", screeners),
                    named("producer", producers),
                    named("admitter", admitters),
                    new LinkedHashMap<>(Map.of("p", profile)),
                    new NamedPlugin<>("handler", new Handler(next)),
                    named("preRequest", preRequests),
                    List.of(),
                    Map.of());
        }

        private static <T extends Plugin> List<NamedPlugin<T>> named(String name, List<T> plugins) {
            List<NamedPlugin<T>> named = new ArrayList<>();
            plugins.forEach(plugin -> named.add(new NamedPlugin<>(name + named.size(), plugin)));
            return named;
        }
    }

    private record Handler(Next next) implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return next.after(results);
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            return switch (results.get("p")) {
                case ProfileOutcome.Picked picked -> new Scheduled("p", Map.of("p", picked));
                case ProfileOutcome.Failed failed -> new Rejected(Reason.SATURATED, failed.message());
            };
        }
    }
}
