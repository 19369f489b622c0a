package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import org.junit.jupiter.api.Test;

class MulticlusterQueueScorerTest {

    @Test
    void theShortestQueueScoresOneAndTheLongestZero() {
        assertThat(score(0, 5, 10)).containsExactly(1, 0.5, 0);
    }

    @Test
    void equalQueuesScoreOneAndAMissingOneZero() {
        assertThat(score(7, 7, Double.NaN)).containsExactly(1, 1, 0);
    }

    @Test
    void withoutDataAllScoreZero() {
        assertThat(EndpointFixture.score(new MulticlusterQueueScorer(), idle("a", "b")))
                .containsExactly(0, 0);
    }

    private static double[] score(double... numbers) {
        Candidates candidates = idle("a", "b", "c");
        EndpointNumbers column = new EndpointNumbers(3);
        for (int i = 0; i < 3; i++) {
            column.set(i, numbers[i]);
        }
        candidates.put(DataKeys.numbers("llm-d.ai/multicluster-queue-size", "anybody"), column);
        return EndpointFixture.score(new MulticlusterQueueScorer(), candidates);
    }
}
