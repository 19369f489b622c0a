package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.UncachedTokens;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenLoadScorerTest {

    private final Candidates candidates = idle("a", "b", "c", "d");

    @Test
    @Tag("scheduling-12")
    void scoreFallsWithTokensInFlightAndTokensToCompute() {
        putLoads();
        assertThat(score(scorer(""), candidates)).containsExactly(new double[] {1, 0.5, 0, 0.9990}, within(1e-4));
    }

    @Test
    void aThresholdThatIsNotPositiveMeansTheDefault() {
        putLoads();
        assertThat(score(scorer("queueThresholdTokens: 0"), candidates))
                .containsExactly(new double[] {1, 0.5, 0, 0.9990}, within(1e-4));
    }

    @Test
    void withoutDataAllScoreOne() {
        assertThat(score(scorer(""), candidates)).containsExactly(1, 1, 1, 1);
    }

    private void putLoads() {
        InFlightLoads loads = new InFlightLoads(4);
        loads.set(1, 1, 2_097_152);
        loads.set(2, 1, 5_000_000);
        UncachedTokens uncached = new UncachedTokens(4);
        uncached.set(3, 4096);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        candidates.put(DataKeys.uncachedTokens(""), uncached);
    }

    private static TokenLoadScorer scorer(String parameters) {
        return new TokenLoadScorer(ParameterBinder.bind(TokenLoadScorer.Params.class, parameters));
    }
}
