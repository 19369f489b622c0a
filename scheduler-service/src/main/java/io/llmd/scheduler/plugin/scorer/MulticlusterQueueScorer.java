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

/**
 * Prefers clusters whose endpoints have short waiting queues on average: the shortest scores 1, the longest 0, linear
 * between; all equal score 1, and a cluster without the number 0. O(n), no allocation.
 */
final class MulticlusterQueueScorer implements Scorer {

    private final NumericAttribute queueSize = NumericAttribute.of("attribute", "llm-d.ai/multicluster-queue-size", "");

    @Override
    public List<DataKey<?>> reads() {
        return queueSize.reads();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        queueSize.read(candidates, scores);
        LinearScores.adaptive(scores, Direction.LOWER_IS_BETTER);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "multicluster-queue-scorer";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Scorer create(String name, NoParams params) {
            return new MulticlusterQueueScorer();
        }
    }
}
