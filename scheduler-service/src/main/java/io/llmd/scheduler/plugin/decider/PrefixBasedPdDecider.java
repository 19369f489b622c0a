package io.llmd.scheduler.plugin.decider;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.util.List;
import org.springframework.stereotype.Component;

/** Splits a request when the decode endpoint would have to compute many tokens of its prompt. */
final class PrefixBasedPdDecider implements Decider {

    /**
     * @param nonCachedTokens tokens that the decode endpoint must lack; 0 to split never
     * @param promptTokens shortest prompt that is split; 0 for any
     * @param prefixMatchInfoProducerName producer to believe, empty for the default
     */
    record Params(
            @Default("0") int nonCachedTokens,
            @Default("0") int promptTokens,
            @Default("") String prefixMatchInfoProducerName) {
        Params {
            requireNotNegative("nonCachedTokens", nonCachedTokens);
            requireNotNegative("promptTokens", promptTokens);
        }

        private static void requireNotNegative(String name, int value) {
            if (value < 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
            }
        }
    }

    private final Params params;
    private final DataKey<PrefixMatches> matchesKey;

    PrefixBasedPdDecider(Params params) {
        this.params = params;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    @Override
    public boolean decide(InferenceRequest request, Candidates candidates, int slot) {
        long tokens = request.body().promptTokens();
        PrefixMatches matches = candidates.data(matchesKey);
        boolean isOff = params.nonCachedTokens() == 0 || tokens < params.promptTokens();
        if (isOff || slot == NOBODY || matches == null || matches.totalBlocks(slot) == 0) {
            return false;
        }
        return tokens - matches.cachedTokens(slot) >= params.nonCachedTokens();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "prefix-based-pd-decider";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Decider create(String name, Params params) {
            return new PrefixBasedPdDecider(params);
        }
    }
}
