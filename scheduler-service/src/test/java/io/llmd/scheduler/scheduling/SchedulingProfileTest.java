package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SchedulingProfileTest {

    private static final Picker BEST = (request, candidates, totals) -> {
        int best = 0;
        for (int i = 1; i < totals.length; i++) {
            best = totals[i] > totals[best] ? i : best;
        }
        return new int[] {best};
    };

    private final RecordingFaults faults = new RecordingFaults();
    private final RecordingRecorder recorder = new RecordingRecorder();

    @Test
    @Tag("scheduling-47")
    void totalIsTheWeightedSumOfScores() {
        Candidates candidates = Candidates.of(endpoint("a", 0, 0, 0.5), endpoint("b", 5, 0, 0.2));
        ProfileOutcome outcome = run(
                candidates,
                List.of(),
                BEST,
                new WeightedScorer("queue", (r, c, scores) -> scores[0] = 1.0, 2),
                new WeightedScorer("kv", (r, c, scores) -> copy(scores, 0.5, 0.8), 2),
                new WeightedScorer("prefix", (r, c, scores) -> copy(scores, 0.0, 0.9), 3));
        assertThat(recorder.totals).containsExactly(new double[] {3.0, 4.3}, within(1e-9));
        assertThat(outcome).isEqualTo(new ProfileOutcome.Picked(List.of(candidates.get(1)), List.of(1)));
    }

    @Test
    @Tag("scheduling-48")
    @Tag("fault-F60")
    void scoresAreClampedBeforeWeightingAndCounted() {
        run(
                idle("a", "b", "c", "d"),
                List.of(),
                BEST,
                new WeightedScorer("odd", (r, c, scores) -> copy(scores, 1.4, -0.2, 0, Double.NaN), 2));
        assertThat(recorder.totals).containsExactly(2, 0, 0, 0);
        assertThat(recorder.scores).as("as they were answered").containsExactly(1.4, -0.2, 0, Double.NaN);
        assertThat(faults.events).containsExactly("invalid odd 3");
    }

    @Test
    void filtersRunInOrderAndTheFirstThatLeavesNobodyEndsTheProfile() {
        Filter nobody = (r, c) -> c.where(i -> false);
        Filter unreachable = (r, c) -> {
            throw new AssertionError("runs after the end");
        };
        ProfileOutcome outcome = run(
                idle("a", "b"),
                List.of(new NamedPlugin<>("none", nobody), new NamedPlugin<>("later", unreachable)),
                BEST);
        assertThat(outcome).isEqualTo(new ProfileOutcome.Failed("filter none of profile p left nobody"));
    }

    @Test
    @Tag("fault-F60")
    void aScorerThatThrowsHalfwayHasNoEffect() {
        Scorer broken = (r, c, scores) -> {
            scores[0] = 1.0;
            throw new IllegalStateException("boom");
        };
        run(
                idle("a", "b"),
                List.of(),
                BEST,
                new WeightedScorer("broken", broken, 5),
                new WeightedScorer("good", (r, c, scores) -> scores[1] = 1.0, 1));
        assertThat(recorder.totals).containsExactly(0, 1);
        assertThat(faults.events).containsExactly("failed broken boom");
    }

    @Test
    void aFilterThatThrowsRemovesNobody() {
        Filter broken = (r, c) -> {
            throw new IllegalStateException("boom");
        };
        ProfileOutcome outcome = run(idle("a"), List.of(new NamedPlugin<>("broken", broken)), BEST);
        assertThat(outcome).isInstanceOf(ProfileOutcome.Picked.class);
        assertThat(faults.events).containsExactly("failed broken boom");
    }

    @Test
    void aPickerThatAnswersNonsenseIsReplacedByTheBestTotal() {
        WeightedScorer scorer = new WeightedScorer("s", (r, c, scores) -> scores[1] = 1.0, 1);
        Picker outside = (r, c, totals) -> new int[] {7};
        Picker nobody = (r, c, totals) -> new int[0];
        for (Picker picker : List.of(outside, nobody)) {
            ProfileOutcome outcome = run(idle("a", "b"), List.of(), picker, scorer);
            assertThat(((ProfileOutcome.Picked) outcome).primarySlot()).isEqualTo(1);
        }
        assertThat(faults.events).hasSize(2).allMatch(event -> event.startsWith("failed pick "));
    }

    @Test
    void slotsOfFilteredCandidatesAreThoseOfTheDecision() {
        Filter last = (r, c) -> c.where(i -> i == 2);
        ProfileOutcome outcome = run(idle("a", "b", "c"), List.of(new NamedPlugin<>("last", last)), BEST);
        assertThat(((ProfileOutcome.Picked) outcome).slots()).containsExactly(2);
        assertThat(recorder.events).containsExactly("filtered last 3 1", "picked pick 1");
    }

    private ProfileOutcome run(
            Candidates candidates, List<NamedPlugin<Filter>> filters, Picker picker, WeightedScorer... scorers) {
        SchedulingProfile profile =
                new SchedulingProfile("p", filters, List.of(scorers), new NamedPlugin<>("pick", picker));
        return profile.run(request(), candidates, recorder, PlanGuards.of(profile, new PluginGuard(faults)));
    }

    private static void copy(double[] scores, double... values) {
        System.arraycopy(values, 0, scores, 0, values.length);
    }

    /** Keeps what it hears, one line per event. */
    static final class RecordingFaults implements PluginFaults {
        final List<String> events = new ArrayList<>();

        @Override
        public void failed(String plugin, Throwable failure) {
            events.add("failed " + plugin + " " + failure.getMessage());
        }

        @Override
        public void invalidScores(String plugin, int count) {
            events.add("invalid " + plugin + " " + count);
        }

        @Override
        public void skipped(String plugin, DataKey<?> missing) {
            events.add("skipped " + plugin + " " + missing.type());
        }

        @Override
        public void outOfScope(String plugin, ExtensionPoint point, DataKey<?> key, Access access) {
            events.add(access + " by " + point.wireName() + " " + plugin + " of " + key);
        }
    }

    private static final class RecordingRecorder implements DecisionRecorder {
        private final List<String> events = new ArrayList<>();
        private double[] totals = {};
        private double[] scores = {};

        @Override
        public void filtered(String profile, String plugin, Candidates before, Candidates after) {
            events.add("filtered " + plugin + " " + before.size() + " " + after.size());
        }

        @Override
        public void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores) {
            events.add("scored " + plugin + " " + weight);
            this.scores = Arrays.copyOf(scores, scores.length);
        }

        @Override
        public void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions) {
            events.add("picked " + plugin + " " + positions.length);
            this.totals = Arrays.copyOf(totals, totals.length);
        }
    }
}
