package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.PrefixMatches;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CacheDiscountedLoadScorerTest {

    @Test
    @Tag("scheduling-82")
    void aPromptThatIsHeldMakesUpForHalfOfTheLoad() {
        // 1000 * 0.5 against 600
        assertThat(scores("", 1000, 16, 600, 0)).containsExactly(1, 0);
    }

    @Test
    @Tag("scheduling-82")
    void aLoadThatIsHighEnoughWinsOverTheCache() {
        // 1300 * 0.5 against 600
        assertThat(scores("", 1300, 16, 600, 0)).containsExactly(0, 1);
    }

    @Test
    @Tag("scheduling-82")
    void theCacheDecidesAmongIdleEndpoints() {
        assertThat(scores("", 0, 16, 0, 0)).containsExactly(1, 0);
    }

    @Test
    void matchesThatAreTooSmallMakeUpForNothing() {
        assertThat(scores("minMatchRatio: 0.5", 1000, 7, 900, 0)).containsExactly(0, 1);
        assertThat(scores("minMatchRatio: 0.5", 1000, 8, 900, 0)).containsExactly(1, 0);
    }

    @Test
    void withoutDataAllScoreOne() {
        assertThat(score(scorer(""), idle("a", "b"))).containsExactly(1, 1);
    }

    @Test
    void sharesOutsideTheirRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CacheDiscountedLoadScorer.Params(1.5, 0, "", ""))
                .withMessage("discount: 1.5 (expected: 0 to 1)");
    }

    private static double[] scores(String parameters, long loadA, int matchA, long loadB, int matchB) {
        Candidates candidates = idle("a", "b");
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, 1, loadA);
        loads.set(1, 1, loadB);
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, matchA, 16, 64);
        matches.set(1, matchB, 16, 64);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        candidates.put(DataKeys.prefixMatches(""), matches);
        return score(scorer(parameters), candidates);
    }

    private static CacheDiscountedLoadScorer scorer(String parameters) {
        return new CacheDiscountedLoadScorer(ParameterBinder.bind(CacheDiscountedLoadScorer.Params.class, parameters));
    }
}
