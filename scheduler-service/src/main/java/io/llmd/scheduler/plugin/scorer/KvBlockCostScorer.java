package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints on which the request costs few blocks: those to compute, of all prompts on their way and of this one
 * without what the endpoint holds of it, and those in use by sequences that are decoded. Both are blocks, so no weights have
 * to be found between cache and load. Lowest cost 1, highest 0, linear between. Endpoints whose readings are stale count with
 * the median of the fresh ones. O(n). The cost of NVIDIA Dynamo's router.
 */
final class KvBlockCostScorer implements Scorer {

    private static final int USUAL_BLOCK_TOKENS = 64;

    /**
     * @param prefillLoadScale how much a block to compute counts against one in use, >= 0
     * @param activeRequestWeight blocks that each request in flight counts besides, >= 0
     * @param prefixMatchInfoProducerName producer of matches, empty for the default
     * @param inFlightLoadProducerName producer of loads, empty for the default
     */
    record Params(
            @Default("1") double prefillLoadScale,
            @Default("0") double activeRequestWeight,
            @Default("") String prefixMatchInfoProducerName,
            @Default("") String inFlightLoadProducerName) {
        Params {
            weight("prefillLoadScale", prefillLoadScale);
            weight("activeRequestWeight", activeRequestWeight);
        }

        private static void weight(String name, double value) {
            if (!(value >= 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: finite, >= 0)");
            }
        }
    }

    private final Params params;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;

    KvBlockCostScorer(Params params) {
        this.params = params;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey, loadsKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        PrefixMatches matches = candidates.data(matchesKey);
        InFlightLoads loads = candidates.data(loadsKey);
        Readings.read(candidates, KvBlockCostScorer::tokensInUse, scores);
        long promptTokens = request.body().promptTokens();
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            int known = matches == null ? 0 : matches.blockTokens(slot);
            double block = known == 0 ? USUAL_BLOCK_TOKENS : known;
            double onTheirWay = loads == null ? 0.0 : loads.tokens(slot);
            double held = matches == null ? 0.0 : matches.matchBlocks(slot);
            double requests = loads == null ? 0.0 : loads.requests(slot);
            scores[i] = params.prefillLoadScale() * Math.max(0.0, (onTheirWay + promptTokens) / block - held)
                    + scores[i] / block
                    + params.activeRequestWeight() * requests;
        }
        Readings.lowestIsBest(scores);
    }

    /** Tokens of the KV cache in use; NaN where the engine does not tell its size. */
    private static double tokensInUse(Endpoint endpoint) {
        EndpointMetrics metrics = endpoint.metrics();
        return metrics.cacheBlocks() == 0
                ? Double.NaN
                : metrics.kvCacheUsage() * metrics.cacheBlocks() * metrics.cacheBlockTokens();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "kv-block-cost-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new KvBlockCostScorer(params);
        }
    }
}
