package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Keeps a request on endpoints that hold most of its prompt, until waiting there costs more than computing elsewhere.
 *
 * <p>Sticky are candidates that hold at least {@code affinityThreshold} of the prompt. They alone stay, unless the least
 * loaded of them would start the answer more than {@code maxTTFTPenaltyMs} later than the least loaded of the others: then
 * all stay. The time until an endpoint starts is its tokens in flight divided by the peak prefill throughput, or predicted.
 */
final class PrefixCacheAffinityFilter implements Filter {

    private static final double MILLIS_PER_SECOND = 1000.0;

    /** Where the time to the first token comes from. */
    enum TtftSource implements WireNamed {
        PREFILL_THROUGHPUT("prefillThroughput"),
        LATENCY_PREDICTOR("latencyPredictor");

        private final String wireName;

        TtftSource(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * @param affinityThreshold held share of the prompt from which an endpoint is sticky; 0 or less switches the filter off
     * @param explorationProbability share of requests that the filter leaves alone, so that other caches stay warm
     * @param maxTTFTPenaltyMs largest delay of the first token that stickiness may cost; 0 for any
     * @param ttftSource where the time to the first token comes from
     * @param peakPrefillThroughput prompt tokens per second that an endpoint computes at most
     * @param prefixMatchInfoProducerName producer to believe about prefixes, empty for the default
     * @param inFlightLoadProducerName producer to believe about loads, empty for the default
     * @param latencyPredictionInfoProducerName producer of predictions, empty for the default
     */
    record Params(
            @Default("0.80") double affinityThreshold,
            @Default("0") double explorationProbability,
            @Default("18000") double maxTTFTPenaltyMs,
            @Default("prefillThroughput") TtftSource ttftSource,
            @Default("15928") double peakPrefillThroughput,
            @Default("") String prefixMatchInfoProducerName,
            @Default("") String inFlightLoadProducerName,
            @Default("") String latencyPredictionInfoProducerName) {
        Params {
            if (affinityThreshold > 1) {
                throw new IllegalArgumentException("affinityThreshold: " + affinityThreshold + " (expected: <= 1)");
            }
            if (explorationProbability < 0 || explorationProbability > 1) {
                throw new IllegalArgumentException(
                        "explorationProbability: " + explorationProbability + " (expected: in [0, 1])");
            }
            if (maxTTFTPenaltyMs < 0) {
                throw new IllegalArgumentException("maxTTFTPenaltyMs: " + maxTTFTPenaltyMs + " (expected: >= 0)");
            }
            if (peakPrefillThroughput <= 0) {
                throw new IllegalArgumentException(
                        "peakPrefillThroughput: " + peakPrefillThroughput + " (expected: > 0)");
            }
        }
    }

    private final Params params;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<LatencyPredictions> predictionsKey;

    PrefixCacheAffinityFilter(Params params) {
        this.params = params;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
        predictionsKey = DataKeys.latencyPredictions(params.latencyPredictionInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return switch (params.ttftSource()) {
            case PREFILL_THROUGHPUT -> List.of(matchesKey, loadsKey);
            case LATENCY_PREDICTOR -> List.of(matchesKey, predictionsKey);
        };
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        PrefixMatches matches = candidates.data(matchesKey);
        if (matches == null || candidates.size() <= 1 || params.affinityThreshold() <= 0 || explores(request)) {
            return candidates;
        }
        Candidates sticky = candidates.where(i -> isSticky(candidates, i, matches));
        boolean decides = !sticky.isEmpty() && sticky.size() < candidates.size();
        return decides && !costsTooMuch(candidates, matches) ? sticky : candidates;
    }

    private boolean explores(InferenceRequest request) {
        return params.explorationProbability() > 0 && request.random().nextDouble() < params.explorationProbability();
    }

    private boolean isSticky(Candidates candidates, int position, PrefixMatches matches) {
        return matches.ratio(candidates.slot(position)) >= params.affinityThreshold();
    }

    private boolean costsTooMuch(Candidates candidates, PrefixMatches matches) {
        InFlightLoads loads = candidates.data(loadsKey);
        LatencyPredictions predictions = candidates.data(predictionsKey);
        double stickyMillis = Double.POSITIVE_INFINITY;
        double otherMillis = Double.POSITIVE_INFINITY;
        for (int i = 0; i < candidates.size(); i++) {
            double millis = waitMillis(candidates.slot(i), loads, predictions);
            if (isSticky(candidates, i, matches)) {
                stickyMillis = Math.min(stickyMillis, millis);
            } else {
                otherMillis = Math.min(otherMillis, millis);
            }
        }
        return params.maxTTFTPenaltyMs() > 0 && stickyMillis - otherMillis > params.maxTTFTPenaltyMs();
    }

    private double waitMillis(int slot, @Nullable InFlightLoads loads, @Nullable LatencyPredictions predictions) {
        return switch (params.ttftSource()) {
            case PREFILL_THROUGHPUT ->
                loads == null ? 0 : loads.tokens(slot) * MILLIS_PER_SECOND / params.peakPrefillThroughput();
            case LATENCY_PREDICTOR -> {
                Prediction prediction = predictions == null ? null : predictions.at(slot);
                yield prediction == null ? Double.POSITIVE_INFINITY : prediction.timeToFirstTokenMillis();
            }
        };
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "prefix-cache-affinity-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new PrefixCacheAffinityFilter(params);
        }
    }
}
