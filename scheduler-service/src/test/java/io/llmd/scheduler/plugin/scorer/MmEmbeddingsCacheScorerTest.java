package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.MediaMatches;
import org.junit.jupiter.api.Test;

class MmEmbeddingsCacheScorerTest {

    private final MmEmbeddingsCacheScorer scorer = new MmEmbeddingsCacheScorer(
            ParameterBinder.bind(MmEmbeddingsCacheScorer.Params.class, "producerName: media"));

    @Test
    void theShareOfKnownMediaIsTheScore() {
        Candidates candidates = idle("a", "b", "c");
        MediaMatches matches = new MediaMatches(3, 4);
        matches.set(0, 4);
        matches.set(1, 1);
        candidates.put(DataKeys.mediaMatches("media"), matches);
        assertThat(score(scorer, candidates)).containsExactly(1, 0.25, 0);
    }

    @Test
    void withoutDataAllScoreZero() {
        assertThat(score(scorer, idle("a", "b"))).containsExactly(0, 0);
    }
}
