package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KvCacheUtilizationScorerTest {

    @Test
    @Tag("scheduling-5")
    void freeShareIsTheScoreAndMoreThanFullIsZero() {
        assertThat(score(usage(0.2), usage(0.85), usage(1.1)))
                .containsExactly(new double[] {0.8, 0.15, 0.0}, within(1e-9));
    }

    @Test
    @Tag("scheduling-5")
    void neverScrapedCountsAsTheMedianOfTheFresh() {
        assertThat(score(usage(0.2), usage(0.85), usage(1.1), unscraped("x")))
                .containsExactly(new double[] {0.8, 0.15, 0.0, 0.15}, within(1e-9));
    }

    @Test
    void aReadingThatIsNoNumberCountsAsTheMedianOfTheFresh() {
        assertThat(score(usage(0.4), usage(Double.NaN))).containsExactly(new double[] {0.6, 0.6}, within(1e-9));
    }

    @Test
    void allStaleScoreHalf() {
        assertThat(score(stale(usage(0.1)), unscraped("x"))).containsExactly(0.5, 0.5);
    }

    private static Endpoint usage(double usage) {
        return endpoint("u", 0, 0, usage);
    }

    private static double[] score(Endpoint... endpoints) {
        return EndpointFixture.score(new KvCacheUtilizationScorer(), Candidates.of(endpoints));
    }
}
