package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import org.springframework.stereotype.Component;

/** Prefers small engine batches: the smallest scores 1, the largest 0, linear between; all equal score 1. O(n). */
final class RunningRequestsSizeScorer implements Scorer {

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        if (Readings.read(candidates, Endpoint::runningRequests, scores)) {
            Readings.lowestIsBest(scores);
        } else {
            Arrays.fill(scores, 1.0);
        }
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "running-requests-size-scorer";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Scorer create(String name, NoParams params) {
            return new RunningRequestsSizeScorer();
        }
    }
}
