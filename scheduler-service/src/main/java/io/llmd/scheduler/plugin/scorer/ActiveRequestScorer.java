package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints on which this scheduler has placed few requests: idle ones score 1, others
 * {@code (most - requests) / most * maxBusyScore}, so the busiest scores 0. Data that is missing counts as 0. O(n).
 */
final class ActiveRequestScorer implements Scorer {

    /**
     * @param idleThreshold endpoints with at most this many requests are idle
     * @param maxBusyScore upper bound for those that are not; 1 when outside [0, 1]
     * @param inFlightLoadProducerName producer to believe, empty for the default
     * @param requestTimeout deprecated, without effect
     */
    record Params(
            @Default("0") int idleThreshold,
            @Default("1.0") double maxBusyScore,
            @Default("") String inFlightLoadProducerName,
            @Nullable String requestTimeout) {
        Params {
            maxBusyScore = maxBusyScore >= 0 && maxBusyScore <= 1 ? maxBusyScore : 1.0;
        }
    }

    private final DataKey<InFlightLoads> loadsKey;
    private final int idleThreshold;
    private final double maxBusyScore;

    ActiveRequestScorer(Params params) {
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
        idleThreshold = params.idleThreshold();
        maxBusyScore = params.maxBusyScore();
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(loadsKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        InFlightLoads loads = candidates.data(loadsKey);
        long most = 0;
        for (int i = 0; loads != null && i < scores.length; i++) {
            most = Math.max(most, loads.requests(candidates.slot(i)));
        }
        for (int i = 0; i < scores.length; i++) {
            long requests = loads == null ? 0 : loads.requests(candidates.slot(i));
            boolean isIdle = requests <= idleThreshold || most == 0;
            scores[i] = isIdle ? 1.0 : (double) (most - requests) / most * maxBusyScore;
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "active-request-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new ActiveRequestScorer(params);
        }
    }
}
