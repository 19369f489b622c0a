package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SloHeadroomTierFilterTest {

    private static final int REQUESTS = 20_000;

    private final Candidates candidates = idle("a", "b", "c");
    private final LatencyPredictions predictions = new LatencyPredictions(3);

    SloHeadroomTierFilterTest() {
        candidates.put(DataKeys.latencyPredictions(""), predictions);
    }

    @Test
    @Tag("scheduling-39")
    void endpointsThatMeetTheObjectivesStayAndNowAndThenTheOthers() {
        predict(0, 5, 1);
        predict(1, -3, 1);
        SplittableRandom random = new SplittableRandom(7);
        int explored = 0;
        for (int i = 0; i < REQUESTS; i++) {
            List<String> kept = names(filter(0.01).filter(request(random), candidates));
            assertThat(kept).isIn(List.of("a"), List.of("b", "c"));
            explored += kept.size() - 1;
        }
        assertThat(explored / (double) REQUESTS).isCloseTo(0.01, within(0.003));
    }

    @Test
    @Tag("scheduling-39")
    void aHeadroomOfZeroMeetsTheObjective() {
        predict(0, 0, 0);
        predict(1, 4, -1);
        assertThat(names(filter(0).filter(request(), candidates))).containsExactly("a");
    }

    @Test
    @Tag("scheduling-39")
    void withoutAnyPredictionAllStay() {
        assertThat(filter(0.01).filter(request(), candidates)).isSameAs(candidates);
        assertThat(names(filter(0.01).filter(request(), idle("a", "b")))).containsExactly("a", "b");
    }

    @Test
    void whenAllAreAlikeOrThereIsOneAllStay() {
        predict(0, 1, 1);
        predict(1, 2, 1);
        predict(2, 3, 1);
        assertThat(filter(1).filter(request(), candidates)).isSameAs(candidates);
        Candidates one = candidates.where(i -> i == 1);
        assertThat(filter(1).filter(request(), one)).isSameAs(one);
    }

    @Test
    void explorationIsAShare() {
        assertThatThrownBy(() -> filter(1.5)).hasMessage("epsilonExploreNeg: 1.5 (expected: in [0, 1])");
    }

    private void predict(int slot, double firstToken, double outputToken) {
        predictions.set(slot, new Prediction(1, 1, firstToken, outputToken, false, false, 1));
    }

    private static SloHeadroomTierFilter filter(double exploration) {
        return new SloHeadroomTierFilter(new SloHeadroomTierFilter.Params(exploration, ""));
    }
}
