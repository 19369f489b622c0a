package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.TimeCosts;
import org.junit.jupiter.api.Test;

class TimeCostScorerTest {

    private final TimeCostScorer scorer = new TimeCostScorer(new TimeCostScorer.Params(0.02, ""));

    @Test
    void leastCostScoresOneAndOthersByTheirRatio() {
        assertThat(score(scorer, costing(99, 199, 399))).containsExactly(new double[] {1, 0.5, 0.25}, within(1e-9));
    }

    @Test
    void costsThatHardlyDifferScoreAlike() {
        assertThat(score(scorer, costing(100, 101.9, 102.1)))
                .satisfies(scores -> assertThat(scores[1]).isEqualTo(1))
                .satisfies(scores -> assertThat(scores[2]).isLessThan(1));
    }

    @Test
    void ofCostsThatHardlyDifferThoseAreBestThatComputeLeast() {
        Candidates candidates = costing(100, 101.9, 110);
        TimeCosts costs = candidates.data(DataKeys.timeCosts(""));
        assertThat(costs).isNotNull();
        costs.setUncached(0, 4000);
        costs.setUncached(1, 100);

        assertThat(score(scorer, candidates))
                .satisfies(scores -> assertThat(scores[1]).isEqualTo(1))
                .satisfies(scores -> assertThat(scores[0]).isLessThan(1).isGreaterThan(scores[2]));
    }

    @Test
    void withoutCostsAllScoreAlike() {
        assertThat(score(scorer, idle("a", "b"))).containsExactly(1, 1);
    }

    @Test
    void toleranceIsAShare() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TimeCostScorer.Params(2, ""))
                .withMessage("tolerance: 2.0 (expected: 0 to 1)");
    }

    private static Candidates costing(double... millis) {
        String[] names = {"a", "b", "c"};
        Candidates candidates = idle(names);
        TimeCosts costs = new TimeCosts(names.length);
        for (int slot = 0; slot < millis.length; slot++) {
            costs.set(slot, TimeCosts.Part.PREFILL, millis[slot]);
        }
        candidates.put(DataKeys.timeCosts(""), costs);
        return candidates;
    }
}
