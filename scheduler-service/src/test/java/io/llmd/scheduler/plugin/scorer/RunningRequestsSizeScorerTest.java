package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RunningRequestsSizeScorerTest {

    @Test
    @Tag("scheduling-4")
    void smallestBatchScoresOneAndLargestZero() {
        assertThat(score(running(2), running(8), running(5))).containsExactly(1.0, 0.0, 0.5);
    }

    @Test
    void equalBatchesScoreOne() {
        assertThat(score(running(3), running(3))).containsExactly(1.0, 1.0);
    }

    @Test
    void neverScrapedCountsAsTheMedianOfTheFresh() {
        assertThat(score(running(2), running(8), running(5), unscraped("x"))).containsExactly(1.0, 0.0, 0.5, 0.5);
    }

    @Test
    void allStaleScoreEqually() {
        assertThat(score(stale(running(1)), stale(running(9)))).containsExactly(1.0, 1.0);
    }

    private static Endpoint running(int running) {
        return endpoint("r" + running, 0, running, 0);
    }

    private static double[] score(Endpoint... endpoints) {
        return EndpointFixture.score(new RunningRequestsSizeScorer(), Candidates.of(endpoints));
    }
}
