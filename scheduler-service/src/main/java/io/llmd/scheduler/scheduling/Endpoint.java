package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * One model-server replica as a decision sees it. Immutable, shared by all decisions until its metrics change.
 *
 * @param metadata what it is
 * @param metrics last successful reading; {@link EndpointMetrics#UNKNOWN} before the first
 * @param attributes what extractors have stored
 * @param fresh whether the reading is recent enough to be trusted; scorers treat others as neither best nor worst
 */
public record Endpoint(
        EndpointMetadata metadata, EndpointMetrics metrics, EndpointAttributes attributes, boolean fresh) {
    public Endpoint {
        Objects.requireNonNull(metadata, "metadata");
        Objects.requireNonNull(metrics, "metrics");
        Objects.requireNonNull(attributes, "attributes");
    }

    /** An endpoint without stored attributes. */
    public Endpoint(EndpointMetadata metadata, EndpointMetrics metrics, boolean fresh) {
        this(metadata, metrics, EndpointAttributes.NONE, fresh);
    }

    /** {@code namespace/name}. */
    public String id() {
        return metadata.id();
    }

    /** Requests in the engine's queue at the last reading. */
    public int waitingRequests() {
        return metrics.waitingRequests();
    }

    /** Requests in the engine's batch at the last reading. */
    public int runningRequests() {
        return metrics.runningRequests();
    }

    /** Used share of the KV cache at the last reading. */
    public double kvCacheUsage() {
        return metrics.kvCacheUsage();
    }
}
