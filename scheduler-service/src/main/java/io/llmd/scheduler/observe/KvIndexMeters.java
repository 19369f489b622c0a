package io.llmd.scheduler.observe;

import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.prefix.EngineIndex;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.SourceView;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** Meters of the indexes that follow engines' events, over all of them. Read when they are asked for. */
public final class KvIndexMeters implements EndpointListener {

    private final MeterRegistry registry;
    private final EngineIndexes indexes;
    private final PrefixClaims claims;
    private final Map<String, List<Meter>> byEndpoint = new ConcurrentHashMap<>();

    /** Registers the meters of the pool; those of an endpoint follow when it is told of one. */
    public KvIndexMeters(MeterRegistry registry, EngineIndexes indexes, PrefixClaims claims) {
        this.registry = registry;
        this.indexes = indexes;
        this.claims = claims;
        gauge(SchedulerMeters.KV_BLOCKS, Tags.empty(), () -> sum(EngineIndex::blocks));
        gauge(SchedulerMeters.KV_BYTES, Tags.empty(), () -> sum(EngineIndex::bytes));
        gauge(SchedulerMeters.KV_SUBSCRIBERS, Tags.empty(), () -> count(SourceView::isConnected));
        for (SourceView.State state : SourceView.State.values()) {
            gauge(
                    SchedulerMeters.KV_SOURCES,
                    Tags.of("state", state.name().toLowerCase(Locale.ROOT)),
                    () -> count(view -> view.state() == state));
        }
        counter(SchedulerMeters.KV_LOOKUPS, Tags.empty(), EngineIndexes::lookups);
        counter(SchedulerMeters.KV_LOOKUP_HITS, Tags.empty(), EngineIndexes::hits);
        counter(SchedulerMeters.KV_EVICTIONS, Tags.empty(), EngineIndexes::evictedBlocks);
        for (Fallback reason : Fallback.values()) {
            counter(
                    SchedulerMeters.KV_FALLBACKS,
                    Tags.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    all -> all.fallbacks(reason));
        }
    }

    private long count(Predicate<SourceView> which) {
        return indexes.all().stream()
                .flatMap(index -> index.views().values().stream())
                .filter(which)
                .count();
    }

    private long lag(String endpointId) {
        long batches = 0;
        for (EngineIndex index : indexes.all()) {
            SourceView view = index.views().get(endpointId);
            batches += view == null ? 0 : view.lagBatches();
        }
        return batches;
    }

    private long sum(ToLongFunction<EngineIndex> value) {
        return indexes.all().stream().mapToLong(value).sum();
    }

    private Gauge gauge(SchedulerMeters meter, Tags tags, Supplier<Number> value) {
        return Gauge.builder(meter.getName(), value)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private void counter(SchedulerMeters meter, Tags tags, ToDoubleFunction<EngineIndexes> value) {
        FunctionCounter.builder(meter.getName(), indexes, value).tags(tags).register(registry);
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        String id = endpoint.id();
        Tags tags = Tags.of("model_server_endpoint", id);
        byEndpoint.put(
                id,
                List.of(
                        gauge(SchedulerMeters.KV_CONFIRMED_SHARE, tags, () -> claims.confirmedShare(id)),
                        gauge(SchedulerMeters.KV_LAG, tags, () -> lag(id))));
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        claims.removed(endpoint.id());
        List<Meter> gone = byEndpoint.remove(endpoint.id());
        if (gone != null) {
            gone.forEach(registry::remove);
        }
    }
}
