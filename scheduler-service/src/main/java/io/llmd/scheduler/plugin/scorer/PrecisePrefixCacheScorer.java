package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.YamlNode;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The older form of prefix-cache-scorer on precise-prefix-cache-producer: it scores the matches of that producer, which is
 * added when the configuration has none of that name. Deprecated.
 */
final class PrecisePrefixCacheScorer implements Scorer {

    private static final String PRODUCER = "precise-prefix-cache-producer";

    /**
     * The parameters belong to the producer now.
     *
     * @param tokenProcessorConfig without effect
     * @param indexerConfig without effect
     * @param kvEventsConfig without effect
     * @param speculativeIndexing without effect
     * @param speculativeTTL without effect
     */
    record Params(
            @Nullable YamlNode tokenProcessorConfig,
            @Nullable YamlNode indexerConfig,
            @Nullable YamlNode kvEventsConfig,
            @Default("false") boolean speculativeIndexing,
            @Nullable String speculativeTTL) {}

    private final PrefixCacheScorer scorer = new PrefixCacheScorer(new PrefixCacheScorer.Params(PRODUCER, 0, 8192));

    @Override
    public List<DataKey<?>> requires() {
        return scorer.requires();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        scorer.score(request, candidates, scores);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "precise-prefix-cache-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            return List.of("use prefix-cache-scorer with prefixMatchInfoProducerName: " + PRODUCER
                    + " instead of precise-prefix-cache-scorer, and give its parameters to that producer");
        }

        @Override
        public Scorer create(String name, Params params) {
            return new PrecisePrefixCacheScorer();
        }
    }
}
