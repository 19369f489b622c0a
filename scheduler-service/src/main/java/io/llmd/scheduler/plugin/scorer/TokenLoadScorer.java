package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints with little work ahead: tokens in flight plus the tokens of this request that the endpoint would
 * have to compute, {@code 1 - min(tokens, threshold) / threshold}. Data that is missing counts as 0. O(n).
 */
final class TokenLoadScorer implements Scorer {

    private static final long DEFAULT_THRESHOLD = 4_194_304;

    /**
     * @param queueThresholdTokens work that scores 0; 4194304 when not positive
     * @param inFlightLoadProducerName producer to believe, empty for the default
     */
    record Params(
            @Default("4194304") long queueThresholdTokens,
            @Default("") String inFlightLoadProducerName) {
        Params {
            queueThresholdTokens = queueThresholdTokens <= 0 ? DEFAULT_THRESHOLD : queueThresholdTokens;
        }
    }

    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<UncachedTokens> uncachedKey;
    private final double threshold;

    TokenLoadScorer(Params params) {
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
        uncachedKey = DataKeys.uncachedTokens(params.inFlightLoadProducerName());
        threshold = params.queueThresholdTokens();
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(loadsKey, uncachedKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        InFlightLoads loads = candidates.data(loadsKey);
        UncachedTokens uncached = candidates.data(uncachedKey);
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            double tokens =
                    (loads == null ? 0.0 : loads.tokens(slot)) + (uncached == null ? 0.0 : uncached.tokens(slot));
            scores[i] = tokens <= 0 ? 1.0 : 1.0 - Math.min(tokens, threshold) / threshold;
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "token-load-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new TokenLoadScorer(params);
        }
    }
}
