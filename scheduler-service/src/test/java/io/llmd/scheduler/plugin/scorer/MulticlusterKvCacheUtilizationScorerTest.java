package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import org.junit.jupiter.api.Test;

class MulticlusterKvCacheUtilizationScorerTest {

    @Test
    void freeCacheIsBetter() {
        assertThat(score(0.25, 1.5, 0)).containsExactly(0.75, 0, 1);
    }

    @Test
    void aClusterWithoutTheNumberScoresZero() {
        assertThat(score(0.25, Double.NaN, Double.NaN)).containsExactly(0.75, 0, 0);
    }

    @Test
    void withoutDataAllScoreZero() {
        assertThat(EndpointFixture.score(new MulticlusterKvCacheUtilizationScorer(), idle("a", "b")))
                .containsExactly(0, 0);
    }

    private static double[] score(double... numbers) {
        Candidates candidates = idle("a", "b", "c");
        EndpointNumbers column = new EndpointNumbers(3);
        for (int i = 0; i < 3; i++) {
            column.set(i, numbers[i]);
        }
        candidates.put(DataKeys.numbers("llm-d.ai/multicluster-kv-cache-utilization", "anybody"), column);
        return EndpointFixture.score(new MulticlusterKvCacheUtilizationScorer(), candidates);
    }
}
