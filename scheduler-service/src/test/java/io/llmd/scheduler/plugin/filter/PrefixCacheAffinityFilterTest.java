package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PrefixCacheAffinityFilterTest {

    @Test
    @Tag("scheduling-33")
    void aRequestSticksWhileTheDelayIsSmall() {
        assertThat(keeps("", pair(90, 100_000, 0, 0))).containsExactly("a");
    }

    @Test
    @Tag("scheduling-34")
    void aDelayOfExactlyThePenaltySticks() {
        assertThat(keeps("", pair(90, 286_704, 0, 0))).containsExactly("a");
    }

    @Test
    @Tag("scheduling-35")
    void aLargerDelayReleases() {
        assertThat(keeps("", pair(90, 300_000, 0, 0))).containsExactly("a", "b");
    }

    @Test
    @Tag("scheduling-36")
    void theDelayIsRelativeToTheOthers() {
        assertThat(keeps("", pair(90, 900_000, 0, 700_000))).containsExactly("a");
    }

    @Test
    @Tag("scheduling-37")
    void whenNobodyIsStickyAllStay() {
        assertThat(keeps("", pair(79, 0, 50, 0))).containsExactly("a", "b");
    }

    @Test
    @Tag("scheduling-38")
    void withoutAPenaltyNothingReleasesAndTheThresholdIsInclusive() {
        assertThat(keeps("maxTTFTPenaltyMs: 0", pair(80, 10_000_000, 0, 0))).containsExactly("a");
    }

    @Test
    void theLeastLoadedStickyEndpointCounts() {
        Candidates candidates = candidates(new int[] {90, 100, 0}, new long[] {900_000, 0, 0});
        assertThat(keeps("", candidates)).containsExactly("a", "b");
    }

    @Test
    void oneCandidateStays() {
        assertThat(keeps("", pair(90, 300_000, 0, 0).where(i -> i == 0))).containsExactly("a");
    }

    @Test
    void aThresholdOfZeroSwitchesTheFilterOff() {
        assertThat(keeps("affinityThreshold: 0", pair(90, 0, 0, 0))).containsExactly("a", "b");
    }

    @Test
    void aShareOfRequestsExplores() {
        PrefixCacheAffinityFilter filter = filter("explorationProbability: 0.25");
        SplittableRandom random = new SplittableRandom(7);
        int explored = 0;
        for (int i = 0; i < 4000; i++) {
            explored += filter.filter(request(random), pair(90, 0, 0, 0)).size() - 1;
        }
        assertThat(explored).isBetween(900, 1100);
    }

    @Test
    void withoutMatchesAllStayAndWithoutLoadsStickyOnes() {
        assertThat(keeps("", idle("a", "b"))).containsExactly("a", "b");
        Candidates candidates = idle("a", "b");
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, 9, 10, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(keeps("", candidates)).containsExactly("a");
    }

    @Test
    void predictedTimesDecideWhenTheyAreWanted() {
        Candidates candidates = pair(90, 0, 0, 900_000);
        assertThat(keeps("{ttftSource: latencyPredictor, maxTTFTPenaltyMs: 5000}", predicted(candidates, 9000, 3999)))
                .containsExactly("a", "b");
        assertThat(keeps("{ttftSource: latencyPredictor, maxTTFTPenaltyMs: 5000}", predicted(candidates, 9000, 4000)))
                .containsExactly("a");
    }

    @Test
    void withoutPredictionsStickyEndpointsStay() {
        assertThat(keeps("{ttftSource: latencyPredictor}", pair(90, 900_000, 0, 0)))
                .containsExactly("a");
    }

    @Test
    void onlyTheWantedSourceIsRequired() {
        assertThat(filter("ttftSource: latencyPredictor").requires())
                .containsExactly(DataKeys.prefixMatches(""), DataKeys.latencyPredictions(""));
        assertThat(filter("{}").requires()).containsExactly(DataKeys.prefixMatches(""), DataKeys.inFlightLoads(""));
    }

    private static Candidates predicted(Candidates candidates, double millisA, double millisB) {
        LatencyPredictions predictions = new LatencyPredictions(3);
        predictions.set(0, new Prediction(millisA, 1, 1, 1, true, true, 1));
        predictions.set(1, new Prediction(millisB, 1, 1, 1, true, true, 1));
        candidates.put(DataKeys.latencyPredictions(""), predictions);
        return candidates;
    }

    @Test
    void impossibleParametersAreRefused() {
        assertThatThrownBy(() -> filter("affinityThreshold: 1.1")).hasMessageContaining("1.1 (expected: <= 1)");
        assertThatThrownBy(() -> filter("explorationProbability: -0.1"))
                .hasMessageContaining("-0.1 (expected: in [0, 1])");
        assertThatThrownBy(() -> filter("maxTTFTPenaltyMs: -1")).hasMessageContaining("-1.0 (expected: >= 0)");
        assertThatThrownBy(() -> filter("peakPrefillThroughput: 0")).hasMessageContaining("0.0 (expected: > 0)");
    }

    private static Candidates pair(int percentA, long tokensA, int percentB, long tokensB) {
        return candidates(new int[] {percentA, percentB}, new long[] {tokensA, tokensB});
    }

    private static Candidates candidates(int[] percent, long[] tokens) {
        Candidates candidates = idle("a", "b", "c").where(i -> i < percent.length);
        PrefixMatches matches = new PrefixMatches(3);
        InFlightLoads loads = new InFlightLoads(3);
        for (int i = 0; i < percent.length; i++) {
            matches.set(i, percent[i], 100, 64);
            loads.set(i, 1, tokens[i]);
        }
        candidates.put(DataKeys.prefixMatches(""), matches);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        return candidates;
    }

    private static List<String> keeps(String parameters, Candidates candidates) {
        return names(filter(parameters).filter(request(), candidates));
    }

    private static PrefixCacheAffinityFilter filter(String parameters) {
        return new PrefixCacheAffinityFilter(ParameterBinder.bind(PrefixCacheAffinityFilter.Params.class, parameters));
    }
}
