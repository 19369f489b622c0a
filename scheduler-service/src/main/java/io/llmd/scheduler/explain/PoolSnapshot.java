package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pool at one moment, to decide against later. Holds no prompt and nothing that prefix indexes know.
 *
 * @param takenAt when it was taken
 * @param endpoints the endpoints
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PoolSnapshot(Instant takenAt, List<SavedEndpoint> endpoints) {

    private static final int MAX_ENDPOINTS = 10_000;
    private static final long MAX_IN_FLIGHT = 1_000_000;

    public PoolSnapshot {
        Objects.requireNonNull(takenAt, "takenAt");
        endpoints = List.copyOf(endpoints);
        if (endpoints.size() > MAX_ENDPOINTS) {
            throw new IllegalArgumentException(
                    "endpoints: " + endpoints.size() + " (expected: at most " + MAX_ENDPOINTS + ")");
        }
        long inFlight =
                endpoints.stream().mapToLong(SavedEndpoint::inFlightRequests).sum();
        if (inFlight > MAX_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "endpoints.inFlightRequests: " + inFlight + " together (expected: at most " + MAX_IN_FLIGHT + ")");
        }
    }

    /**
     * An endpoint.
     *
     * @param id {@code namespace/name}
     * @param name name of the replica
     * @param host IP address or host name
     * @param port TCP port
     * @param metricsPort TCP port of the metrics page
     * @param labels Kubernetes-style labels
     * @param rankIndex data-parallel rank
     * @param metrics its last reading; null when there was none
     * @param inFlightRequests requests that the scheduler had placed there
     * @param inFlightTokens prompt tokens of those whose prefill had not ended
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record SavedEndpoint(
            String id,
            String name,
            String host,
            int port,
            int metricsPort,
            Map<String, String> labels,
            int rankIndex,
            @Nullable SavedMetrics metrics,
            long inFlightRequests,
            long inFlightTokens) {

        public SavedEndpoint {
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(host, "host");
            labels = labels == null ? Map.of() : Map.copyOf(labels);
            if (inFlightRequests < 0 || inFlightRequests > MAX_IN_FLIGHT || inFlightTokens < 0) {
                throw new IllegalArgumentException("inFlightRequests: " + inFlightRequests + ", inFlightTokens: "
                        + inFlightTokens + " (expected: >= 0, at most " + MAX_IN_FLIGHT + " requests)");
            }
        }

        static SavedEndpoint of(Endpoint endpoint, long now, long requests, long tokens) {
            EndpointMetadata metadata = endpoint.metadata();
            return new SavedEndpoint(
                    metadata.id(),
                    metadata.name(),
                    metadata.host(),
                    metadata.port(),
                    metadata.metricsPort(),
                    metadata.labels(),
                    metadata.rankIndex(),
                    SavedMetrics.of(endpoint.metrics(), now),
                    requests,
                    tokens);
        }

        /** What the endpoint is. */
        public EndpointMetadata metadata() {
            return new EndpointMetadata(id, name, host, port, metricsPort, labels, rankIndex);
        }
    }

    /**
     * A reading.
     *
     * @param ageMillis its age when the snapshot was taken
     * @param runningRequests requests in the engine's batch
     * @param waitingRequests requests in the engine's queue
     * @param kvCacheUsage used share of the KV cache
     * @param cacheBlockTokens tokens per KV block
     * @param cacheBlocks KV blocks of the engine
     * @param activeModels adapters in the batch
     * @param waitingModels adapters in the queue
     * @param maxActiveModels adapters that fit into one batch
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record SavedMetrics(
            long ageMillis,
            int runningRequests,
            int waitingRequests,
            double kvCacheUsage,
            int cacheBlockTokens,
            int cacheBlocks,
            Map<String, Integer> activeModels,
            Map<String, Integer> waitingModels,
            int maxActiveModels) {
        public SavedMetrics {
            activeModels = activeModels == null ? Map.of() : Map.copyOf(activeModels);
            waitingModels = waitingModels == null ? Map.of() : Map.copyOf(waitingModels);
        }

        static @Nullable SavedMetrics of(EndpointMetrics metrics, long now) {
            return !metrics.isKnown()
                    ? null
                    : new SavedMetrics(
                            Math.max(0, (now - metrics.updatedNanos()) / 1_000_000),
                            metrics.runningRequests(),
                            metrics.waitingRequests(),
                            metrics.kvCacheUsage(),
                            metrics.cacheBlockTokens(),
                            metrics.cacheBlocks(),
                            metrics.activeModels(),
                            metrics.waitingModels(),
                            metrics.maxActiveModels());
        }

        /** The reading as if it were made so long before {@code now}. */
        public EndpointMetrics at(long now) {
            return new EndpointMetrics(
                    runningRequests,
                    waitingRequests,
                    kvCacheUsage,
                    cacheBlockTokens,
                    cacheBlocks,
                    activeModels,
                    waitingModels,
                    maxActiveModels,
                    now - ageMillis * 1_000_000);
        }
    }

    /**
     * Takes a snapshot.
     *
     * @param requests requests in flight on an endpoint by its id
     * @param tokens tokens charged for them
     */
    public static PoolSnapshot of(
            Endpoint[] pool,
            Instant takenAt,
            long nowNanos,
            ToLongFunction<String> requests,
            ToLongFunction<String> tokens) {
        List<SavedEndpoint> saved = new ArrayList<>(pool.length);
        for (Endpoint endpoint : pool) {
            String id = endpoint.id();
            saved.add(SavedEndpoint.of(endpoint, nowNanos, requests.applyAsLong(id), tokens.applyAsLong(id)));
        }
        return new PoolSnapshot(takenAt, saved);
    }
}
