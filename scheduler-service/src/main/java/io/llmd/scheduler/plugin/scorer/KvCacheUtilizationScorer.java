package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import org.springframework.stereotype.Component;

/** Prefers free KV cache: scores {@code 1 - usage}, absolute; 0.5 for all while nothing is known. O(n). */
final class KvCacheUtilizationScorer implements Scorer {

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        if (!Readings.read(candidates, Endpoint::kvCacheUsage, scores)) {
            Arrays.fill(scores, 0.5);
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = 1.0 - Math.clamp(scores[i], 0.0, 1.0);
        }
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "kv-cache-utilization-scorer";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Scorer create(String name, NoParams params) {
            return new KvCacheUtilizationScorer();
        }
    }
}
