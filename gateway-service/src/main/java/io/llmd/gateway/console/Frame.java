package io.llmd.gateway.console;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What all pages are told each second. Rates and times are of the last ten seconds, over all gateways that answered.
 * Whatever is not known is null.
 *
 * @param at when it was made, milliseconds since 1970
 * @param serving whether users are served
 * @param parts the services beside this gateway
 * @param gateways the gateways of the pool
 * @param now how much is done
 * @param endpoints the endpoints of the pool
 * @param endpointsAt when the scheduler last told of them, 0 when it never did
 * @param queue what waits at the scheduler
 * @param events what happened lately, newest first
 */
record Frame(
        long at,
        Serving serving,
        List<Watched.Part> parts,
        List<Gateway> gateways,
        Now now,
        List<OfEndpoint> endpoints,
        long endpointsAt,
        @Nullable JsonNode queue,
        List<Event> events) {

    /**
     * Whether users are served.
     *
     * @param state {@code serving}, {@code degraded} or {@code refusing}
     * @param reason why, empty when all is well
     * @param since when that state began
     */
    record Serving(String state, String reason, long since) {}

    /**
     * A gateway.
     *
     * @param name {@code this gateway}, or its address
     * @param state {@code up}, {@code draining}, {@code gone} or {@code unknown}
     * @param since when it was started, or went
     * @param inFlight requests that are not over
     * @param connections connections of clients
     * @param requestsPerSecond requests that ended
     */
    record Gateway(String name, String state, long since, int inFlight, int connections, double requestsPerSecond) {}

    /**
     * How much is done.
     *
     * @param requestsPerSecond requests that ended
     * @param failedShare share of them that an endpoint or the gateway broke
     * @param refusedShare share of them that were refused, without those that were no good
     * @param leftShare share of them whose client went away
     * @param inputTokensPerSecond tokens of prompts
     * @param cachedTokensPerSecond those of them that came from caches
     * @param outputTokensPerSecond generated tokens
     * @param firstByteP50Micros median time to the first byte
     * @param firstByteP99Micros within which it came 99 times of 100
     * @param perTokenP50Micros median time per token after the first
     * @param perTokenP99Micros within which it came 99 times of 100
     * @param inFlight requests that are not over
     * @param waiting requests that wait at the scheduler
     * @param saturation how full the pool is, 1 is full
     * @param requests requests since the start, by outcome
     */
    record Now(
            double requestsPerSecond,
            @Nullable Double failedShare,
            @Nullable Double refusedShare,
            @Nullable Double leftShare,
            double inputTokensPerSecond,
            double cachedTokensPerSecond,
            double outputTokensPerSecond,
            @Nullable Long firstByteP50Micros,
            @Nullable Long firstByteP99Micros,
            @Nullable Long perTokenP50Micros,
            @Nullable Long perTokenP99Micros,
            int inFlight,
            @Nullable Long waiting,
            @Nullable Double saturation,
            Map<String, Long> requests) {}

    /**
     * An endpoint.
     *
     * @param id its id
     * @param address host and port
     * @param labels its labels
     * @param state {@code ok}, {@code ejected}, {@code resting}, {@code stale} or {@code unread}
     * @param since when that state began, as far as it was seen here
     * @param metricsAgeMillis age of its metrics, -1 when there are none
     * @param running requests in the engine's batch
     * @param waiting requests in the engine's queue
     * @param kvCacheUsage used share of its KV cache
     * @param placedRequests requests that the scheduler has placed there
     * @param placedTokens prompt tokens of those whose prefill has not ended
     * @param inFlight requests of the gateways there
     * @param requestsPerSecond tries that ended
     * @param failedShare share of them that failed
     * @param cachedShare share of prompt tokens that came from its cache
     * @param outputTokensPerSecond generated tokens
     * @param firstByteP50Micros median time to the first byte
     * @param firstByteP99Micros within which it came 99 times of 100
     */
    record OfEndpoint(
            String id,
            String address,
            Map<String, String> labels,
            String state,
            long since,
            long metricsAgeMillis,
            @Nullable Integer running,
            @Nullable Integer waiting,
            @Nullable Double kvCacheUsage,
            long placedRequests,
            long placedTokens,
            long inFlight,
            double requestsPerSecond,
            @Nullable Double failedShare,
            @Nullable Double cachedShare,
            double outputTokensPerSecond,
            @Nullable Long firstByteP50Micros,
            @Nullable Long firstByteP99Micros) {}

    /**
     * Something that happened.
     *
     * @param at when, milliseconds since 1970
     * @param kind {@code harm}, {@code warning} or {@code note}
     * @param text one sentence
     */
    record Event(long at, String kind, String text) {}
}
