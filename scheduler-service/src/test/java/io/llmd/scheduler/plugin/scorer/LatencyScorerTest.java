package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.PrefixMatches;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LatencyScorerTest {

    private static final org.assertj.core.data.Offset<Double> A_STEP = within(0.011);

    @Test
    @Tag("scheduling-40")
    void theEndpointThatJustMeetsTheObjectivesScoresBest() {
        assertThat(scores("{}", headrooms(100, 15), headrooms(300, 5)))
                .containsExactly(new double[] {0.81, 0.2}, A_STEP);
    }

    @Test
    @Tag("scheduling-41")
    void mostHeadroomScoresBestWhenThatIsWanted() {
        assertThat(scores("{headroomSelectionStrategy: most}", headrooms(100, 15), headrooms(300, 5)))
                .containsExactly(new double[] {0.21, 0.81}, A_STEP);
    }

    @Test
    @Tag("scheduling-42")
    void aDimensionInWhichAllAreEqualDoesNotCount() {
        assertThat(scores("{}", headrooms(100, 10), headrooms(500, 10)))
                .containsExactly(new double[] {1.0, 0.01}, A_STEP);
    }

    @Test
    @Tag("scheduling-43")
    void endpointsThatWouldMissAnObjectiveKeepZeroBesideOthers() {
        assertThat(scores("{}", headrooms(100, 15), headrooms(300, 5), headrooms(-50, 10)))
                .containsExactly(new double[] {0.81, 0.2, 0.0}, A_STEP);
    }

    @Test
    void anEndpointWithoutAPredictionCountsAsOneThatJustMeetsTheObjectives() {
        assertThat(scores("{}", headrooms(100, 10), null)).containsExactly(new double[] {0.01, 1.0}, A_STEP);
    }

    @Test
    @Tag("scheduling-44")
    void whenAllWouldMissTheOnesThatOnlyWriteTooSlowlyAreScored() {
        assertThat(scores("{}", headrooms(-100, 5), headrooms(10, -3), headrooms(-50, -2)))
                .containsExactly(new double[] {0.0, 0.51, 0.0}, A_STEP);
    }

    @Test
    void whenAllWouldMissThoseThatOnlyStartTooLateComeNext() {
        assertThat(scores("{}", headrooms(-100, 5), headrooms(-300, 5), headrooms(-50, -2)))
                .containsExactly(new double[] {1.0, 0.01, 0.0}, A_STEP);
    }

    @Test
    void whenAllMissBothTheSmallestViolationScoresBest() {
        assertThat(scores("{headroomSelectionStrategy: most}", headrooms(-100, -5), headrooms(-300, -15)))
                .containsExactly(new double[] {1.0, 0.01}, A_STEP);
    }

    @Test
    @Tag("scheduling-45")
    void whenAllWouldMissAnIdleEndpointIsScoredAlone() {
        assertThat(scores("{}", headrooms(-100, 5), headrooms(10, -3), prediction(-50, -2, 0)))
                .containsExactly(new double[] {0.0, 0.0, 0.51}, A_STEP);
    }

    @Test
    @Tag("scheduling-46")
    void withoutPredictionsFreeCacheShortQueuesAndHeldPrefixesCount() {
        Candidates candidates = Candidates.of(endpoint("a", 0, 1, 0.5), endpoint("b", 10, 1, 0.1));
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, 5, 10, 16);
        candidates.put(DataKeys.prefixMatches(""), matches);
        assertThat(score(scorer("{}"), candidates)).containsExactly(0.67, 0.30);
        assertThat(score(
                        scorer("{compositeKVWeight: 0, compositeQueueWeight: 0, compositePrefixWeight: 0}"),
                        candidates))
                .containsExactly(0.5, 0.9);
    }

    @Test
    void withoutPredictionsAStaleEndpointIsNeitherBestNorWorst() {
        Candidates candidates =
                Candidates.of(endpoint("a", 0, 1, 0.2), endpoint("b", 10, 1, 0.8), stale(endpoint("c", 0, 0, 0)));
        assertThat(score(scorer("{}"), candidates)).containsExactly(0.6, 0.07, 0.33);
    }

    @Test
    void weightsMustNotBeNegative() {
        assertThatThrownBy(() -> scorer("{tpotWeight: -1}")).hasMessageContaining("tpotWeight: -1.0 (expected: >= 0)");
    }

    private static Prediction headrooms(double firstToken, double outputToken) {
        return prediction(firstToken, outputToken, 3);
    }

    private static Prediction prediction(double firstToken, double outputToken, int dispatched) {
        return new Prediction(1, 1, firstToken, outputToken, firstToken > 0, outputToken > 0, dispatched);
    }

    private static double[] scores(String params, Prediction... predictions) {
        Candidates candidates = idle(java.util.stream.IntStream.range(0, predictions.length)
                .mapToObj(i -> "e" + i)
                .toArray(String[]::new));
        LatencyPredictions column = new LatencyPredictions(predictions.length);
        for (int slot = 0; slot < predictions.length; slot++) {
            if (predictions[slot] != null) {
                column.set(slot, predictions[slot]);
            }
        }
        candidates.put(DataKeys.latencyPredictions(""), column);
        return score(scorer(params), candidates);
    }

    private static LatencyScorer scorer(String params) {
        return new LatencyScorer(ParameterBinder.bind(LatencyScorer.Params.class, params));
    }
}
