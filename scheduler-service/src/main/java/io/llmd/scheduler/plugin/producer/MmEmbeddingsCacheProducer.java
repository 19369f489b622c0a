package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.prefix.MediaIndex;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Estimates which endpoints have encoded the media of a prompt before, from where requests were sent. */
final class MmEmbeddingsCacheProducer implements DataProducer, PreRequest {

    private static final int MEGABYTES_PER_ITEM = 2;

    /** @param cacheSizeInMBPerServer size of an endpoint's encoder cache; an item counts as 2 MB */
    record Params(@Default("4096") int cacheSizeInMBPerServer) {
        Params {
            int most = MEGABYTES_PER_ITEM * PrefixIndex.MAX_CAPACITY;
            if (cacheSizeInMBPerServer < MEGABYTES_PER_ITEM || cacheSizeInMBPerServer > most) {
                throw new IllegalArgumentException("cacheSizeInMBPerServer: " + cacheSizeInMBPerServer + " (expected: "
                        + MEGABYTES_PER_ITEM + " to " + most + ")");
            }
        }
    }

    private final MediaIndex index;
    private final int capacity;
    private final DataKey<MediaMatches> matchesKey;
    private final String name;
    private final PluginEvents events;

    MmEmbeddingsCacheProducer(String name, Params params, MediaIndex index, PluginEvents events) {
        this.name = name;
        this.events = events;
        this.index = index;
        capacity = params.cacheSizeInMBPerServer() / MEGABYTES_PER_ITEM;
        matchesKey = DataKeys.mediaMatches(name);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(matchesKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        long[] media = request.body().mediaHashes();
        if (media.length == 0) {
            return;
        }
        MediaMatches matches = new MediaMatches(candidates.slotCount(), media.length);
        for (int i = 0; i < candidates.size(); i++) {
            matches.set(candidates.slot(i), index.matched(candidates.get(i).id(), media));
        }
        candidates.put(matchesKey, matches);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        long[] media = request.body().mediaHashes();
        if (media.length > 0) {
            String primary = outcome.primary().primary().id();
            events.mediaPlaced(name, primary, media.length, Math.min(media.length, index.matched(primary, media)));
            for (Endpoint endpoint : outcome.primary().endpoints()) {
                index.learn(endpoint.id(), media, capacity);
            }
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final MediaIndexes indexes;
        private final ObjectProvider<PluginEvents> events;

        Factory(MediaIndexes indexes, ObjectProvider<PluginEvents> events) {
            this.indexes = indexes;
            this.events = events;
        }

        @Override
        public String type() {
            return "mm-embeddings-cache-producer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public DataProducer create(String name, Params params) {
            return new MmEmbeddingsCacheProducer(
                    name, params, indexes.named(name), events.getIfAvailable(() -> PluginEvents.NONE));
        }
    }
}
