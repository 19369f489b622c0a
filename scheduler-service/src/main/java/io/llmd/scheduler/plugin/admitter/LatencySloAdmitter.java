package io.llmd.scheduler.plugin.admitter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Admitter;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Denies requests of negative priority whose latency objectives no endpoint would meet. Admits while an endpoint is idle, or
 * its KV cache is all but empty, and while nothing is predicted. O(n).
 */
final class LatencySloAdmitter implements Admitter {

    private static final double COLD_KV_USAGE = 0.02;

    /** @param latencyPredictionInfoProducerName producer of predictions, empty for the default */
    record Params(@Default("") String latencyPredictionInfoProducerName) {}

    private final DataKey<LatencyPredictions> predictionsKey;

    LatencySloAdmitter(Params params) {
        predictionsKey = DataKeys.latencyPredictions(params.latencyPredictionInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(predictionsKey);
    }

    @Override
    public @Nullable String denial(InferenceRequest request, Candidates candidates) {
        if (request.priority() >= 0 || !LatencyObjectives.of(request).isAny()) {
            return null;
        }
        LatencyPredictions predictions = candidates.data(predictionsKey);
        if (predictions == null || !predictions.isAnyOf(candidates)) {
            return null;
        }
        for (int i = 0; i < candidates.size(); i++) {
            Prediction prediction = predictions.at(candidates.slot(i));
            if ((prediction != null && prediction.isValid()) || hasRoom(candidates.get(i))) {
                return null;
            }
        }
        return "no endpoint would meet the latency objectives of the request";
    }

    /** Only a recent reading says so. */
    private static boolean hasRoom(Endpoint endpoint) {
        return endpoint.fresh() && (endpoint.runningRequests() == 0 || endpoint.kvCacheUsage() < COLD_KV_USAGE);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "latency-slo-admitter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Admitter create(String name, Params params) {
            return new LatencySloAdmitter(params);
        }
    }
}
