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

class QueueScorerTest {

    @Test
    @Tag("scheduling-1")
    void shortestQueueScoresOneAndLongestZero() {
        assertThat(score(queue(0), queue(5), queue(10))).containsExactly(1.0, 0.5, 0.0);
    }

    @Test
    @Tag("scheduling-2")
    void equalQueuesScoreOne() {
        assertThat(score(queue(7), queue(7))).containsExactly(1.0, 1.0);
    }

    @Test
    @Tag("scheduling-3")
    void aSingleEndpointScoresOneHoweverLongItsQueue() {
        assertThat(score(queue(500))).containsExactly(1.0);
    }

    @Test
    void neverScrapedCountsAsTheMedianOfTheFresh() {
        assertThat(score(queue(0), queue(2), queue(10), unscraped("x"))).containsExactly(1.0, 0.8, 0.0, 0.8);
    }

    @Test
    void staleCountsAsTheMeanOfTheTwoMiddleOnes() {
        assertThat(score(stale(queue(0)), queue(4), queue(6))).containsExactly(0.5, 1.0, 0.0);
    }

    @Test
    void allStaleScoreEqually() {
        assertThat(score(stale(queue(0)), stale(queue(9)), unscraped("x"))).containsExactly(1.0, 1.0, 1.0);
    }

    private static Endpoint queue(int waiting) {
        return endpoint("q" + waiting, waiting, 0, 0);
    }

    private static double[] score(Endpoint... endpoints) {
        return EndpointFixture.score(new QueueScorer(), Candidates.of(endpoints));
    }
}
