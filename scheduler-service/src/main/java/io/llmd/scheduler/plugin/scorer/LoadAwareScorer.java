package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import org.springframework.stereotype.Component;

/** Prefers short waiting queues on an absolute scale: 0.5 when empty, 0 from the threshold on, linear between. O(n). */
final class LoadAwareScorer implements Scorer {

    private static final int DEFAULT_THRESHOLD = 128;

    /** @param threshold queue length that scores 0; 128 when not positive */
    record Params(@Default("128") int threshold) {
        Params {
            threshold = threshold <= 0 ? DEFAULT_THRESHOLD : threshold;
        }
    }

    private final double threshold;

    LoadAwareScorer(Params params) {
        threshold = params.threshold();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        if (!Readings.read(candidates, Endpoint::waitingRequests, scores)) {
            Arrays.fill(scores, 0.5);
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = 0.5 * (1.0 - Math.min(scores[i], threshold) / threshold);
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "load-aware-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new LoadAwareScorer(params);
        }
    }
}
