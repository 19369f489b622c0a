package io.llmd.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.Picker;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.WeightedScorer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayTest {

    private static final Filter ALL = (request, candidates) -> candidates;
    private static final Picker BEST = (request, candidates, totals) -> {
        int best = 0;
        for (int i = 1; i < totals.length; i++) {
            best = totals[i] > totals[best] ? i : best;
        }
        return new int[] {best};
    };

    private final DecisionLog log = new DecisionLog(
            new DecisionLog.Settings(1, 1_000_000, 100, 1 << 20, Duration.ofMinutes(10), Set.of()),
            Map::of,
            List.of(),
            InstantSource.system(),
            () -> 0);

    @Test
    void theSamePlanChangesNothing() {
        SchedulingPlan plan = plan(ALL, 1, 1);
        decide(plan, 3);
        ReplayReport report = replay(plan);
        assertThat(report.replayed()).isEqualTo(3);
        assertThat(report.changed()).isZero();
        assertThat(report.shares()).containsExactly(new ReplayReport.Share("ns/a", 3, 3));
    }

    @Test
    void anotherWeightMovesDecisionsAndTheReportSaysWhichScorerAndByHowMuch() {
        decide(plan(ALL, 1, 0), 2);
        ReplayReport report = replay(plan(ALL, 1, 3));
        assertThat(report.changed()).isEqualTo(2);
        assertThat(report.moves()).containsExactly(new ReplayReport.Move("ns/a", "ns/b", 2));
        assertThat(report.reasons()).containsExactly(new ReplayReport.Reason("scorer likes-b", 2));
        assertThat(report.changes().getFirst().why())
                .containsExactly("scorer likes-b favours ns/b by 3.000", "scorer likes-a favours ns/a by 1.000");
    }

    @Test
    void aFilterThatRemovesTheChosenOneIsTheReason() {
        decide(plan(ALL, 1, 0), 1);
        Filter withoutA = (request, candidates) ->
                candidates.where(i -> !candidates.get(i).id().equals("ns/a"));
        assertThat(replay(plan(withoutA, 1, 0)).changes().getFirst().why())
                .containsExactly("filter filter removed ns/a");
    }

    @Test
    void aPlanThatRejectsIsAChangeAndSoIsOneThatDoesNotAnyMore() {
        Filter nobody = (request, candidates) -> candidates.where(i -> false);
        decide(plan(ALL, 1, 0), 1);
        assertThat(replay(plan(nobody, 1, 0)).moves())
                .containsExactly(new ReplayReport.Move("ns/a", "rejected: SATURATED", 1));
        decide(plan(nobody, 1, 0), 1);
        assertThat(replay(plan(ALL, 1, 0)).reasons())
                .containsExactly(new ReplayReport.Reason("not rejected any more", 1));
    }

    @Test
    void decisionsThatNeverLookedAtEndpointsAreSkipped() {
        log.rejected(
                recording("broken"),
                "broken",
                null,
                null,
                null,
                new Explanation.Verdict.Rejected(ScheduleRejection.Reason.BAD_REQUEST, "no JSON"));
        ReplayReport report = replay(plan(ALL, 1, 0));
        assertThat(report.replayed()).isZero();
        assertThat(report.skipped()).isEqualTo(1);
    }

    @Test
    void whenTimeIsOverTheReportSaysSo() {
        decide(plan(ALL, 1, 0), 3);
        ReplayReport report = new Replay(plan(ALL, 1, 0), Map.of()).run(records(), () -> true);
        assertThat(report.replayed()).isZero();
        assertThat(report.notes()).contains("time was too short for all decisions");
    }

    private ReplayReport replay(SchedulingPlan plan) {
        return new Replay(plan, Map.of()).run(records(), () -> false);
    }

    private List<DecisionRecord> records() {
        return log.newest(record -> true, Long.MAX_VALUE, 100);
    }

    private DecisionRecording recording(String id) {
        return Objects.requireNonNull(log.begin(id, 0));
    }

    private void decide(SchedulingPlan plan, int times) {
        for (int i = 0; i < times; i++) {
            InferenceRequest request = EndpointFixture.request("m", 4);
            Candidates candidates = EndpointFixture.idle("a", "b");
            DecisionRecording recording = recording(request.requestId());
            switch (new Scheduler(PluginFaults.NONE).schedule(plan, request, candidates, recording)) {
                case SchedulingOutcome.Scheduled scheduled ->
                    log.scheduled(
                            recording,
                            request,
                            plan,
                            candidates,
                            new Explanation.Verdict.Scheduled(
                                    "p", List.of(scheduled.primary().primary().id())),
                            1);
                case SchedulingOutcome.Rejected rejected ->
                    log.rejected(
                            recording,
                            request.requestId(),
                            request,
                            plan,
                            candidates,
                            new Explanation.Verdict.Rejected(ScheduleRejection.Reason.SATURATED, rejected.message()));
            }
        }
    }

    private static SchedulingPlan plan(Filter filter, double weightOfA, double weightOfB) {
        SchedulingProfile profile = new SchedulingProfile(
                "p",
                List.of(new NamedPlugin<>("filter", filter)),
                List.of(
                        new WeightedScorer("likes-a", likes("ns/a"), weightOfA),
                        new WeightedScorer("likes-b", likes("ns/b"), weightOfB)),
                new NamedPlugin<>("best", BEST));
        return new SchedulingPlan(
                List.of(),
                List.of(),
                List.of(),
                Map.of("p", profile),
                new NamedPlugin<>("handler", new OneProfile()),
                List.of(),
                List.of(),
                Map.of());
    }

    private static Scorer likes(String id) {
        return (request, candidates, scores) -> {
            for (int i = 0; i < scores.length; i++) {
                scores[i] = candidates.get(i).id().equals(id) ? 1 : 0;
            }
        };
    }

    private static final class OneProfile implements ProfileHandler {
        @Override
        public List<String> nextProfiles(
                InferenceRequest request,
                Candidates candidates,
                List<String> profiles,
                Map<String, ProfileOutcome> results) {
            return results.isEmpty() ? profiles : List.of();
        }

        @Override
        public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
            return switch (results.get("p")) {
                case ProfileOutcome.Picked picked -> new SchedulingOutcome.Scheduled("p", Map.of("p", picked));
                case ProfileOutcome.Failed failed ->
                    new SchedulingOutcome.Rejected(SchedulingOutcome.Reason.SATURATED, failed.message());
            };
        }
    }
}
