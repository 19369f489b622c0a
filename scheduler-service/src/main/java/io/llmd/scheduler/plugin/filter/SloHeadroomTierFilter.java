package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Keeps endpoints that would meet the latency objectives of a request, and now and then the others instead, so that what is
 * predicted for them stays true. Endpoints without a prediction are among the others.
 */
final class SloHeadroomTierFilter implements Filter {

    /**
     * @param epsilonExploreNeg share of requests for which the others are kept, when there are both
     * @param latencyPredictionInfoProducerName producer of predictions, empty for the default
     */
    record Params(
            @Default("0.01") double epsilonExploreNeg,
            @Default("") String latencyPredictionInfoProducerName) {
        Params {
            if (epsilonExploreNeg < 0 || epsilonExploreNeg > 1) {
                throw new IllegalArgumentException(
                        "epsilonExploreNeg: " + epsilonExploreNeg + " (expected: in [0, 1])");
            }
        }
    }

    private final double exploration;
    private final DataKey<LatencyPredictions> predictionsKey;

    SloHeadroomTierFilter(Params params) {
        exploration = params.epsilonExploreNeg();
        predictionsKey = DataKeys.latencyPredictions(params.latencyPredictionInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(predictionsKey);
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        LatencyPredictions predictions = candidates.data(predictionsKey);
        if (predictions == null || candidates.size() <= 1 || !predictions.isAnyOf(candidates)) {
            return candidates;
        }
        Candidates meeting = candidates.where(i -> meets(candidates, i, predictions));
        if (meeting.isEmpty() || meeting.size() == candidates.size()) {
            return candidates;
        }
        boolean explores = exploration > 0 && request.random().nextDouble() < exploration;
        return explores ? candidates.where(i -> !meets(candidates, i, predictions)) : meeting;
    }

    private static boolean meets(Candidates candidates, int position, LatencyPredictions predictions) {
        Prediction prediction = predictions.at(candidates.slot(position));
        return prediction != null && !prediction.isNegative();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "slo-headroom-tier-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new SloHeadroomTierFilter(params);
        }
    }
}
