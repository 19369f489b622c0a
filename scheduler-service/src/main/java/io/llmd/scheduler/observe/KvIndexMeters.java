package io.llmd.scheduler.observe;

import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.prefix.EngineIndex;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.scheduling.EndpointMetadata;
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
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

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
        gauge(
                SchedulerMeters.KV_SUBSCRIBERS,
                Tags.empty(),
                () -> lanes(lane -> lane.source().isConnected()).count());
        for (SourceState state : SourceState.values()) {
            gauge(
                    SchedulerMeters.KV_SOURCES,
                    Tags.of("state", state.name().toLowerCase(Locale.ROOT)),
                    () -> lanes(lane -> lane.source().state() == state).count());
        }
        counter(SchedulerMeters.KV_LOOKUPS, EngineIndex::lookups);
        counter(SchedulerMeters.KV_LOOKUP_HITS, EngineIndex::hits);
        counter(SchedulerMeters.KV_EVICTIONS, EngineIndex::evictedBlocks);
    }

    private Stream<DirectIndex.Lane> lanes(Predicate<DirectIndex.Lane> which) {
        return indexes.all().stream().flatMap(index -> index.sources().stream()).filter(which);
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

    private void counter(SchedulerMeters meter, ToLongFunction<EngineIndex> value) {
        FunctionCounter.builder(meter.getName(), this, self -> self.sum(value)).register(registry);
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        String id = endpoint.id();
        Tags tags = Tags.of("model_server_endpoint", id);
        byEndpoint.put(
                id,
                List.of(
                        gauge(SchedulerMeters.KV_CONFIRMED_SHARE, tags, () -> claims.confirmedShare(id)),
                        gauge(
                                SchedulerMeters.KV_LAG,
                                tags,
                                () -> lanes(lane -> lane.source()
                                                .source()
                                                .endpoint()
                                                .equals(id))
                                        .mapToLong(lane -> lane.source().lagBatches())
                                        .sum())));
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
