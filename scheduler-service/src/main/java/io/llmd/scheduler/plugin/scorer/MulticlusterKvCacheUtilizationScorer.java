package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.attribute.NumericAttribute;
import io.llmd.scheduler.plugin.scorer.LinearScores.Direction;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.stereotype.Component;

/** Prefers clusters with free KV cache: scores {@code 1 - usage}; a cluster without the number scores 0. O(n), no allocation. */
final class MulticlusterKvCacheUtilizationScorer implements Scorer {

    private final NumericAttribute usage =
            NumericAttribute.of("attribute", "llm-d.ai/multicluster-kv-cache-utilization", "");

    @Override
    public List<DataKey<?>> reads() {
        return usage.reads();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        usage.read(candidates, scores);
        LinearScores.fixed(scores, 0, 1, Direction.LOWER_IS_BETTER);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "multicluster-kv-cache-utilization-scorer";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Scorer create(String name, NoParams params) {
            return new MulticlusterKvCacheUtilizationScorer();
        }
    }
}
