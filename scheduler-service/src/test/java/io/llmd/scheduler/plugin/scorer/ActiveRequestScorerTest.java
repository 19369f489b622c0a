package io.llmd.scheduler.plugin.scorer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InFlightLoads;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ActiveRequestScorerTest {

    @Test
    @Tag("scheduling-13")
    void idleScoresOneAndTheBusiestZero() {
        assertThat(score("", 0, 5, 10)).containsExactly(1, 0.5, 0);
    }

    @Test
    @Tag("scheduling-14")
    void aSingleBusyEndpointScoresZero() {
        assertThat(score("", 3)).containsExactly(0);
    }

    @Test
    @Tag("scheduling-15")
    void fewRequestsCountAsIdleAndBusyScoresAreBounded() {
        assertThat(score("{idleThreshold: 2, maxBusyScore: 0.5}", 2, 4, 8)).containsExactly(1, 0.25, 0);
    }

    @Test
    @Tag("scheduling-16")
    void aBoundOutsideItsRangeMeansOne() {
        assertThat(score("maxBusyScore: 1.7", 0, 5, 10)).containsExactly(1, 0.5, 0);
    }

    @Test
    void theDeprecatedTimeoutIsAcceptedWithoutEffect() {
        assertThat(score("requestTimeout: 2m", 0, 5, 10)).containsExactly(1, 0.5, 0);
    }

    @Test
    void withoutDataAllScoreOne() {
        assertThat(EndpointFixture.score(scorer(""), EndpointFixture.idle("a", "b")))
                .containsExactly(1, 1);
    }

    private static double[] score(String parameters, int... requests) {
        Candidates candidates = EndpointFixture.idle("a", "b", "c").where(i -> i < requests.length);
        InFlightLoads loads = new InFlightLoads(3);
        for (int i = 0; i < requests.length; i++) {
            loads.set(i, requests[i], 0);
        }
        candidates.put(DataKeys.inFlightLoads(""), loads);
        return EndpointFixture.score(scorer(parameters), candidates);
    }

    private static ActiveRequestScorer scorer(String parameters) {
        return new ActiveRequestScorer(ParameterBinder.bind(ActiveRequestScorer.Params.class, parameters));
    }
}
