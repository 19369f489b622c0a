package io.llmd.gateway.console;

import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.observe.GatewayMeters;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.openai.ModelInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** Says what this gateway knows of itself. Safe from any thread. */
public final class OwnState {

    /** Seconds that rates and times are of. */
    static final int WINDOW_SECONDS = 10;

    private final String instance = UUID.randomUUID().toString();
    private final RequestLog requests;
    private final EndpointDirectory directory;
    private final EndpointHealth health;
    private final InFlightRequests inFlight;
    private final ModelCatalog models;
    private final GatewayMetrics metrics;
    private final MeterRegistry registry;
    private final BooleanSupplier draining;
    private final InstantSource clock;
    private final long startedAt;

    /** @param draining whether the gateway stops */
    public OwnState(
            RequestLog requests,
            EndpointDirectory directory,
            EndpointHealth health,
            InFlightRequests inFlight,
            ModelCatalog models,
            GatewayMetrics metrics,
            MeterRegistry registry,
            BooleanSupplier draining,
            InstantSource clock) {
        this.requests = requests;
        this.directory = directory;
        this.health = health;
        this.inFlight = inFlight;
        this.models = models;
        this.metrics = metrics;
        this.registry = registry;
        this.draining = draining;
        this.clock = clock;
        this.startedAt = clock.millis();
    }

    /**
     * The state now.
     *
     * @param after requests with a higher number come with it
     * @param limit at most so many
     */
    GatewayState state(long after, int limit) {
        return new GatewayState(
                instance,
                clock.millis(),
                startedAt,
                draining.getAsBoolean(),
                metrics.totalInFlight(),
                metrics.openConnections().get(),
                outcomes(),
                requests.window(WINDOW_SECONDS),
                directory.ids().stream().map(this::endpoint).toList(),
                requests.last(),
                limit == 0 ? List.of() : requests.after(after, limit));
    }

    private GatewayState.OfEndpoint endpoint(String id) {
        boolean isResting = health.isResting(id);
        return new GatewayState.OfEndpoint(id, inFlight.count(id), !isResting && health.isOut(id), isResting);
    }

    private Map<String, Long> outcomes() {
        Map<String, Long> outcomes = new TreeMap<>();
        for (Counter counter : registry.find(GatewayMeters.REQUESTS.getName()).counters()) {
            outcomes.merge(String.valueOf(counter.getId().getTag("outcome")), (long) counter.count(), Long::sum);
        }
        return outcomes;
    }

    RequestLog requests() {
        return requests;
    }

    EndpointDirectory directory() {
        return directory;
    }

    /** Names of the models that the pool serves. */
    List<String> models() {
        return models.models().models().stream().map(ModelInfo::id).toList();
    }

    /** Leaves an endpoint alone for some time; zero ends that. False when there is no such endpoint. */
    boolean rest(String endpointId, Duration time) {
        if (!directory.ids().contains(endpointId)) {
            return false;
        }
        health.quiet(endpointId, time);
        return true;
    }
}
