package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NoHitLruScorerTest {

    private final NoHitLruScorer scorer = scorer("");

    @Test
    @Tag("scheduling-17")
    void endpointsThatWereNeverUsedComeFirst() {
        place("c");
        assertThat(score(cold("a", "b", "c"))).containsExactly(1, 0.5, 0);
    }

    @Test
    @Tag("scheduling-18")
    void usedEndpointsFollowLongestUnusedFirst() {
        place("b");
        place("a");
        assertThat(score(cold("a", "b", "c", "d")))
                .containsExactly(new double[] {0, 1.0 / 3, 1, 2.0 / 3}, within(1e-9));
    }

    @Test
    @Tag("scheduling-19")
    void aPromptThatSomebodyHoldsScoresAllTheSameAndIsNotRemembered() {
        Candidates warm = candidates(1, "a", "b");
        assertThat(score(warm)).containsExactly(0.5, 0.5);
        scheduled(warm, Map.of("p", "a"));
        assertThat(score(cold("a", "b"))).containsExactly(1, 0);
    }

    @Test
    @Tag("scheduling-20")
    void twoColdRequestsGoToTwoEndpoints() {
        Candidates both = cold("a", "b");
        assertThat(score(both)).containsExactly(1, 0);
        scheduled(both, Map.of("p", "a"));
        assertThat(score(cold("a", "b"))).containsExactly(0, 1);
    }

    @Test
    void endpointsThatAreNoCandidatesDoNotCount() {
        place("a");
        place("gone1");
        place("gone2");
        place("b");
        assertThat(score(cold("a", "b", "c"))).containsExactly(0.5, 0, 1);
    }

    @Test
    void aSingleCandidateScoresOne() {
        place("a");
        assertThat(score(cold("a"))).containsExactly(1);
    }

    @Test
    void thePrefillEndpointIsRememberedToo() {
        Candidates candidates = cold("a", "b", "c");
        score(candidates);
        scheduled(candidates, Map.of("p", "a", "prefill", "b"));
        assertThat(score(cold("a", "b", "c"))).containsExactly(0.5, 0, 1);
    }

    @Test
    void aPromptIsColdOnlyWhenNoProfileFoundAHolder() {
        Candidates candidates = candidates(1, "a", "b");
        score(candidates);
        score(candidates.where(i -> i == 1));
        scheduled(candidates, Map.of("p", "b"));
        assertThat(score(cold("a", "b"))).containsExactly(1, 0);
    }

    @Test
    void withoutMatchesAllScoreTheSameAndNothingIsRemembered() {
        Candidates unknown = idle("a", "b");
        assertThat(score(unknown)).containsExactly(0.5, 0.5);
        scheduled(unknown, Map.of("p", "a"));
        assertThat(score(cold("a", "b"))).containsExactly(1, 0);
    }

    @Test
    void aDecisionThatDidNotUseTheScorerIsNotRemembered() {
        scheduled(cold("a", "b"), Map.of("p", "a"));
        assertThat(score(cold("a", "b"))).containsExactly(1, 0);
    }

    @Test
    void theOneUnusedForLongestIsForgotten() {
        NoHitLruScorer small = scorer("{lruSize: 2, prefixPluginType: x, prefixPluginName: y}");
        for (String name : List.of("a", "b", "c")) {
            Candidates candidates = cold("a", "b", "c");
            EndpointFixture.score(small, candidates);
            small.scheduled(request(), candidates, outcome(candidates, Map.of("p", name)), new Dispatch(1));
        }
        assertThat(EndpointFixture.score(small, cold("a", "b", "c"))).containsExactly(1, 0.5, 0);
    }

    @Test
    void aSizeOfZeroIsRefused() {
        assertThatThrownBy(() -> scorer("lruSize: 0")).hasMessageContaining("lruSize: 0 (expected: >= 1)");
    }

    private void place(String name) {
        Candidates candidates = cold(name);
        score(candidates);
        scheduled(candidates, Map.of("p", name));
    }

    private void scheduled(Candidates candidates, Map<String, String> chosen) {
        scorer.scheduled(request(), candidates, outcome(candidates, chosen), new Dispatch(1));
    }

    private static Scheduled outcome(Candidates candidates, Map<String, String> chosen) {
        Map<String, Picked> profiles = new HashMap<>();
        chosen.forEach((profile, name) -> {
            for (int i = 0; i < candidates.size(); i++) {
                Endpoint endpoint = candidates.get(i);
                if (endpoint.metadata().name().equals(name)) {
                    profiles.put(profile, new Picked(List.of(endpoint), List.of(i)));
                }
            }
        });
        return new Scheduled("p", profiles);
    }

    private double[] score(Candidates candidates) {
        return EndpointFixture.score(scorer, candidates);
    }

    private static Candidates cold(String... names) {
        return candidates(0, names);
    }

    private static Candidates candidates(int heldByFirst, String... names) {
        Candidates candidates = idle(names);
        PrefixMatches matches = new PrefixMatches(names.length);
        matches.set(0, heldByFirst, 10, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        return candidates;
    }

    private static NoHitLruScorer scorer(String parameters) {
        return new NoHitLruScorer("spread", ParameterBinder.bind(NoHitLruScorer.Params.class, parameters));
    }
}
