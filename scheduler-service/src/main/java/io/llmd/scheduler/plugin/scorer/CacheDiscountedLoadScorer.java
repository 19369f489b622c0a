package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints with few tokens in flight, and lets what they hold of the prompt make up for some of them:
 * {@code load * (1 - discount * ratio^2)}, lowest 1, highest 0, linear between. So the cache decides while endpoints are
 * idle and the load does when they are busy, without a threshold between the two. An idle endpoint counts as a load of 1.
 * Missing data counts as 0. O(n). The hybrid prefill score of AIBrix.
 */
final class CacheDiscountedLoadScorer implements Scorer {

    /**
     * @param discount share of the load that a prompt held as a whole makes up for, in [0, 1]
     * @param minMatchRatio smaller held shares make up for nothing, in [0, 1]
     * @param prefixMatchInfoProducerName producer of matches, empty for the default
     * @param inFlightLoadProducerName producer of loads, empty for the default
     */
    record Params(
            @Default("0.5") double discount,
            @Default("0") double minMatchRatio,
            @Default("") String prefixMatchInfoProducerName,
            @Default("") String inFlightLoadProducerName) {
        Params {
            share("discount", discount);
            share("minMatchRatio", minMatchRatio);
        }

        private static void share(String name, double value) {
            if (!(value >= 0 && value <= 1)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: 0 to 1)");
            }
        }
    }

    private final Params params;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;

    CacheDiscountedLoadScorer(Params params) {
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
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            double load = loads == null ? 1.0 : Math.max(1.0, loads.tokens(slot));
            double ratio = matches == null ? 0.0 : matches.ratio(slot);
            scores[i] = load * (1.0 - (ratio < params.minMatchRatio() ? 0.0 : params.discount() * ratio * ratio));
        }
        Readings.lowestIsBest(scores);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "cache-discounted-load-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new CacheDiscountedLoadScorer(params);
        }
    }
}
