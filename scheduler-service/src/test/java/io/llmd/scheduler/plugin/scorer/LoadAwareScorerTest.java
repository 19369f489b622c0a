package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoadAwareScorerTest {

    @Test
    @Tag("scheduling-6")
    void scoreFallsFromHalfToZeroAtTheThreshold() {
        assertThat(score("", queue(0), queue(1), queue(64), queue(128), queue(500)))
                .containsExactly(new double[] {0.5, 0.4961, 0.25, 0, 0}, within(1e-4));
    }

    @Test
    @Tag("scheduling-7")
    void aThresholdThatIsNotPositiveMeansTheDefault() {
        assertThat(score("threshold: -3", queue(64))).containsExactly(0.25);
    }

    @Test
    void neverScrapedCountsAsTheMedianOfTheFresh() {
        assertThat(score("threshold: 10", queue(0), queue(5), queue(10), unscraped("x")))
                .containsExactly(0.5, 0.25, 0.0, 0.25);
    }

    @Test
    void nothingKnownScoresHalf() {
        assertThat(score("", unscraped("x"), unscraped("y"))).containsExactly(0.5, 0.5);
    }

    private static Endpoint queue(int waiting) {
        return endpoint("q" + waiting, waiting, 0, 0);
    }

    private static double[] score(String parameters, Endpoint... endpoints) {
        LoadAwareScorer.Params params = ParameterBinder.bind(LoadAwareScorer.Params.class, parameters);
        return EndpointFixture.score(new LoadAwareScorer(params), Candidates.of(endpoints));
    }
}
