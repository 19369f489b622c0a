package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.stereotype.Component;

/** Prefers endpoints that have encoded the media of the prompt before: scores their share. O(n), no allocation. */
final class MmEmbeddingsCacheScorer implements Scorer {

    /** @param producerName producer to believe, empty for the default */
    record Params(@Default("") String producerName) {}

    private final DataKey<MediaMatches> matchesKey;

    MmEmbeddingsCacheScorer(Params params) {
        matchesKey = DataKeys.mediaMatches(params.producerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        MediaMatches matches = candidates.data(matchesKey);
        if (matches == null) {
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = matches.ratio(candidates.slot(i));
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "mm-embeddings-cache-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new MmEmbeddingsCacheScorer(params);
        }
    }
}
