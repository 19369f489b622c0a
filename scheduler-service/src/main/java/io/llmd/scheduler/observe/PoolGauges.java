package io.llmd.scheduler.observe;

import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Gauges of the pool and of each endpoint; those of an endpoint go when it goes. Values are read when they are asked for. */
public final class PoolGauges implements EndpointListener {

    private final MeterRegistry registry;
    private final String pool;
    private final EndpointStore store;
    private final InFlightTracker inFlight;
    private final SchedulerObserver observer;
    private final Map<String, List<Meter>> meters = new ConcurrentHashMap<>();

    /** Registers the gauges of the pool, and from now on those of its endpoints. */
    public PoolGauges(
            MeterRegistry registry,
            String pool,
            EndpointStore store,
            InFlightTracker inFlight,
            Leases leases,
            PrefixIndexes prefixes,
            SchedulerObserver observer) {
        this.registry = registry;
        this.pool = pool;
        this.store = store;
        this.inFlight = inFlight;
        this.observer = observer;
        Tags tags = Tags.of("name", pool);
        gauge(SchedulerMeters.READY_ENDPOINTS, tags, () -> store.snapshot().length);
        gauge(SchedulerMeters.STALE_ENDPOINTS, tags, this::stale);
        statistics(SchedulerMeters.AVERAGE_KV_CACHE, SchedulerMeters.STD_DEV_KV_CACHE, Endpoint::kvCacheUsage);
        statistics(SchedulerMeters.AVERAGE_QUEUE, SchedulerMeters.STD_DEV_QUEUE, Endpoint::waitingRequests);
        statistics(SchedulerMeters.AVERAGE_RUNNING, SchedulerMeters.STD_DEV_RUNNING, Endpoint::runningRequests);
        gauge(SchedulerMeters.LEASES, Tags.empty(), leases::size);
        gauge(
                SchedulerMeters.PREFIX_SIZE,
                Tags.of("plugin_name", DataKeys.APPROX_PREFIX_PRODUCER, "plugin_type", DataKeys.APPROX_PREFIX_PRODUCER),
                prefixes::size);
        store.addListener(this);
    }

    private Gauge gauge(SchedulerMeters meter, Tags tags, Supplier<Number> value) {
        return Gauge.builder(meter.getName(), value)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private void statistics(SchedulerMeters mean, SchedulerMeters deviation, ToDoubleFunction<Endpoint> reading) {
        Tags tags = Tags.of("name", pool);
        gauge(mean, tags, () -> PoolStatistics.of(store.snapshot(), reading).mean());
        gauge(
                deviation,
                tags,
                () -> PoolStatistics.of(store.snapshot(), reading).standardDeviation());
    }

    private int stale() {
        int stale = 0;
        for (Endpoint endpoint : store.snapshot()) {
            stale += endpoint.fresh() ? 0 : 1;
        }
        return stale;
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        String id = endpoint.id();
        int slash = id.indexOf('/');
        Tags tags = Tags.of(
                "endpoint_name",
                id.substring(slash + 1),
                "namespace",
                id.substring(0, Math.max(0, slash)),
                "producer_name",
                DataKeys.IN_FLIGHT_PRODUCER);
        meters.put(
                id,
                List.of(
                        gauge(
                                SchedulerMeters.ENDPOINT_QUEUE,
                                Tags.of("name", pool, "model_server_endpoint", id),
                                () -> waiting(id)),
                        gauge(SchedulerMeters.IN_FLIGHT_DRIFT, Tags.of("model_server_endpoint", id), () -> drift(id)),
                        gauge(
                                SchedulerMeters.IN_FLIGHT_REQUESTS,
                                tags,
                                () -> inFlight.own(id).requests()),
                        gauge(
                                SchedulerMeters.IN_FLIGHT_TOKENS,
                                tags,
                                () -> inFlight.own(id).tokens())));
    }

    private double waiting(String id) {
        Endpoint endpoint = store.find(id);
        return endpoint == null || !endpoint.metrics().isKnown() ? Double.NaN : endpoint.waitingRequests();
    }

    private double drift(String id) {
        Endpoint endpoint = store.find(id);
        return endpoint == null || !endpoint.fresh()
                ? Double.NaN
                : inFlight.requests(id) - endpoint.runningRequests() - endpoint.waitingRequests();
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        List<Meter> gone = meters.remove(endpoint.id());
        if (gone != null) {
            gone.forEach(registry::remove);
        }
        observer.forget(endpoint.id());
    }
}
