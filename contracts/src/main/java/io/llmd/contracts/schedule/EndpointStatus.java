package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Map;
import java.util.Objects;

/**
 * One endpoint of the pool and what the scheduler knows of its load.
 *
 * @param endpoint where it is
 * @param labels its labels
 * @param fresh whether its metrics are recent enough to be trusted
 * @param metricsAgeMillis age of its metrics; -1 before the first successful scrape
 * @param runningRequests requests in the engine's batch
 * @param waitingRequests requests in the engine's queue
 * @param kvCacheUsage used share of the KV cache in [0, 1]
 * @param inFlightRequests requests that this scheduler has placed there and that have not ended
 * @param inFlightTokens prompt tokens of those whose prefill has not ended
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EndpointStatus(
        TargetEndpoint endpoint,
        Map<String, String> labels,
        boolean fresh,
        long metricsAgeMillis,
        int runningRequests,
        int waitingRequests,
        double kvCacheUsage,
        long inFlightRequests,
        long inFlightTokens) {
    public EndpointStatus {
        Objects.requireNonNull(endpoint, "endpoint");
        labels = Map.copyOf(labels);
    }
}
