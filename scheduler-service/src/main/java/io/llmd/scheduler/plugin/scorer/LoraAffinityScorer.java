package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints that have the requested adapter in their batch (1), then those with room for another adapter (0.8),
 * then those where it waits already (0.6); others score 0. O(n), no allocation.
 */
final class LoraAffinityScorer implements Scorer {

    private static final double LOADED = 1.0;
    private static final double HAS_ROOM = 0.8;
    private static final double WAITING = 0.6;

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] = score(request.targetModel(), candidates.get(i).metrics());
        }
    }

    private static double score(String model, EndpointMetrics metrics) {
        if (metrics.activeModels().containsKey(model)) {
            return LOADED;
        }
        if (metrics.activeModels().size() + metrics.waitingModels().size() < metrics.maxActiveModels()) {
            return HAS_ROOM;
        }
        return metrics.waitingModels().containsKey(model) ? WAITING : 0.0;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "lora-affinity-scorer";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Scorer create(String name, NoParams params) {
            return new LoraAffinityScorer();
        }
    }
}
