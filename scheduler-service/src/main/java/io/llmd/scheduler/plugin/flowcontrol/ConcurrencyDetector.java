package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.flowcontrol.Saturation;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.springframework.stereotype.Component;

/**
 * Measures how full endpoints are by what this scheduler has placed on them, against a fixed capacity of each. As a filter
 * it keeps endpoints below their capacity, even if that leaves none. O(n).
 */
final class ConcurrencyDetector implements SaturationDetector, Filter {

    /** What is counted. */
    enum Mode {
        /** Requests. */
        REQUESTS,
        /** Tokens charged for them. */
        TOKENS,
        /** The scarcer of both on each endpoint. */
        HYBRID
    }

    /**
     * @param maxConcurrency requests that fill an endpoint
     * @param headroom share by which an endpoint may exceed its capacity before the filter removes it
     * @param concurrencyMode what is counted
     * @param maxTokenConcurrency tokens that fill an endpoint
     * @param inFlightLoadProducerName producer to believe, empty for the default
     */
    record Params(
            @Default("100") int maxConcurrency,
            @Default("0") double headroom,
            @Default("requests") Mode concurrencyMode,
            @Default("1000000") long maxTokenConcurrency,
            @Default("") String inFlightLoadProducerName) {
        Params {
            if (maxConcurrency < 1) {
                throw new IllegalArgumentException("maxConcurrency: " + maxConcurrency + " (expected: >= 1)");
            }
            if (maxTokenConcurrency < 1) {
                throw new IllegalArgumentException("maxTokenConcurrency: " + maxTokenConcurrency + " (expected: >= 1)");
            }
            if (headroom < 0) {
                throw new IllegalArgumentException("headroom: " + headroom + " (expected: >= 0)");
            }
        }
    }

    private final String name;
    private final Params params;
    private final InFlightTracker tracker;
    private final LongSupplier nanoClock;
    private final DataKey<InFlightLoads> loadsKey;

    ConcurrencyDetector(String name, Params params, InFlightTracker tracker, LongSupplier nanoClock) {
        this.name = name;
        this.params = params;
        this.tracker = tracker;
        this.nanoClock = nanoClock;
        this.loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(loadsKey);
    }

    @Override
    public Saturation measure(Endpoint[] endpoints) {
        if (endpoints.length == 0) {
            return Saturation.OF_NOBODY;
        }
        double sum = 0;
        for (Endpoint endpoint : endpoints) {
            sum += fill(endpoint.id());
        }
        return new Saturation(sum / endpoints.length, 0, Long.MAX_VALUE);
    }

    private double fill(String endpointId) {
        return switch (params.concurrencyMode()) {
            case REQUESTS -> requestFill(tracker.requests(endpointId));
            case TOKENS -> tokenFill(tracker.tokens(endpointId));
            case HYBRID -> Math.max(requestFill(tracker.requests(endpointId)), tokenFill(tracker.tokens(endpointId)));
        };
    }

    private double requestFill(long requests) {
        return (double) requests / params.maxConcurrency();
    }

    private double tokenFill(long tokens) {
        return (double) tokens / params.maxTokenConcurrency();
    }

    @Override
    public double share(Endpoint[] endpoints, long promptTokens) {
        double fill = switch (params.concurrencyMode()) {
            case REQUESTS -> requestFill(1);
            case TOKENS -> tokenFill(promptTokens);
            case HYBRID -> Math.max(requestFill(1), tokenFill(promptTokens));
        };
        return fill / endpoints.length;
    }

    @Override
    public Signal signal() {
        return Signal.COUNTED;
    }

    /** Requests also end without flow control being told at once, so counts are taken anew every millisecond. */
    @Override
    public long version() {
        return TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        InFlightLoads loads = candidates.data(loadsKey);
        return loads == null ? candidates : candidates.where(i -> hasRoom(loads, candidates.slot(i)));
    }

    private boolean hasRoom(InFlightLoads loads, int slot) {
        boolean hasRequests = loads.requests(slot) < limit(params.maxConcurrency());
        boolean hasTokens = loads.tokens(slot) < limit(params.maxTokenConcurrency());
        return switch (params.concurrencyMode()) {
            case REQUESTS -> hasRequests;
            case TOKENS -> hasTokens;
            case HYBRID -> hasRequests && hasTokens;
        };
    }

    private double limit(long capacity) {
        return Math.floor(capacity * (1 + params.headroom()));
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final InFlightTrackers trackers;
        private final EndpointStore store;

        Factory(InFlightTrackers trackers, EndpointStore store) {
            this.trackers = trackers;
            this.store = store;
        }

        @Override
        public String type() {
            return "concurrency-detector";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public ConcurrencyDetector create(String name, Params params) {
            String producer = params.inFlightLoadProducerName();
            String counted = producer.isEmpty() ? DataKeys.IN_FLIGHT_PRODUCER : producer;
            return new ConcurrencyDetector(name, params, trackers.named(counted), store::nanoTime);
        }
    }
}
