package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.Events;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.Indexer;
import io.llmd.scheduler.plugin.producer.PrecisePrefixParams.TokenProcessor;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Stands for prefix matches that follow from the engines' own events. This version reads no events: the matches are those of
 * approx-prefix-cache-producer, under the name of this producer, and the author of the configuration is told so.
 */
final class PrecisePrefixCacheProducer implements DataProducer, PreRequest {

    static final String TYPE = "precise-prefix-cache-producer";

    /**
     * Parameters. Except for the block size they are checked and have no effect in this version.
     *
     * @param tokenProcessorConfig how prompts become blocks
     * @param indexerConfig the index
     * @param kvEventsConfig how events are read
     * @param speculativeIndexing whether blocks count as held from the decision on, until the engine says so
     * @param speculativeTTL for how long
     */
    record Params(
            TokenProcessor tokenProcessorConfig,
            Indexer indexerConfig,
            Events kvEventsConfig,
            @Default("false") boolean speculativeIndexing,
            @Default("2s") Duration speculativeTTL) {}

    private final ApproxPrefixCacheProducer approximate;

    PrecisePrefixCacheProducer(String name, Params params, PrefixIndex index) {
        ApproxPrefixCacheProducer.Params defaults = new ApproxPrefixCacheProducer.Params(
                true, params.tokenProcessorConfig().blockSizeTokens(), 0, 131_072, 2048, 31_250);
        approximate = new ApproxPrefixCacheProducer(name, defaults, index);
    }

    @Override
    public List<DataKey<?>> produces() {
        return approximate.produces();
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        approximate.produce(request, candidates);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        approximate.scheduled(request, candidates, outcome, dispatch);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final PrefixIndexes indexes;

        Factory(PrefixIndexes indexes) {
            this.indexes = indexes;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            return List.of(
                    "KV events are not read in this version: precise-prefix-cache-producer serves the estimate of"
                            + " approx-prefix-cache-producer");
        }

        @Override
        public PrecisePrefixCacheProducer create(String name, Params params) {
            return new PrecisePrefixCacheProducer(name, params, indexes.named(name));
        }
    }
}
