package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints that hold much of the prompt: {@code w * min(1, matched tokens / scale)^2 + (1 - w) * matched
 * share}. Everybody scores 0 while nothing is known. O(n), no allocation.
 */
final class PrefixCacheScorer implements Scorer {

    /**
     * @param prefixMatchInfoProducerName producer to believe, empty for the default
     * @param matchLengthWeight w, in [0, 1]
     * @param matchLengthScaleTokens match length from which the first term is full
     */
    record Params(
            @Default("") String prefixMatchInfoProducerName,
            @Default("0") double matchLengthWeight,
            @Default("8192") int matchLengthScaleTokens) {
        Params {
            if (matchLengthWeight < 0 || matchLengthWeight > 1) {
                throw new IllegalArgumentException(
                        "matchLengthWeight: " + matchLengthWeight + " (expected: in [0, 1])");
            }
            if (matchLengthWeight > 0 && matchLengthScaleTokens <= 0) {
                throw new IllegalArgumentException(
                        "matchLengthScaleTokens: " + matchLengthScaleTokens + " (expected: > 0)");
            }
        }
    }

    private final DataKey<PrefixMatches> matchesKey;
    private final double lengthWeight;
    private final double scaleTokens;

    PrefixCacheScorer(Params params) {
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        lengthWeight = params.matchLengthWeight();
        scaleTokens = params.matchLengthScaleTokens();
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        PrefixMatches matches = candidates.data(matchesKey);
        if (matches == null) {
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            int slot = candidates.slot(i);
            scores[i] = (1.0 - lengthWeight) * matches.ratio(slot);
            if (lengthWeight > 0 && matches.totalBlocks(slot) > 0) {
                double length =
                        Math.min(1.0, (double) matches.matchBlocks(slot) * matches.blockTokens(slot) / scaleTokens);
                scores[i] += lengthWeight * length * length;
            }
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "prefix-cache-scorer";
        }

        @Override
        public List<String> aliases() {
            return List.of("multicluster-prefix-cache-scorer");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new PrefixCacheScorer(params);
        }
    }
}
