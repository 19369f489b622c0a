package io.llmd.gateway.console;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Map;

/**
 * What one gateway knows of itself. Gateways of one pool read it from each other.
 *
 * @param instance differs between any two starts
 * @param at when it was said, milliseconds since 1970
 * @param startedAt when it was started
 * @param draining whether it stops
 * @param inFlight requests that are not over
 * @param connections connections of clients
 * @param requests requests since the start, by outcome
 * @param window what ended lately
 * @param endpoints what it knows of endpoints
 * @param lastRequest number of the last request that is over
 * @param entries requests that were asked for, newest first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record GatewayState(
        String instance,
        long at,
        long startedAt,
        boolean draining,
        int inFlight,
        int connections,
        Map<String, Long> requests,
        Window window,
        List<OfEndpoint> endpoints,
        long lastRequest,
        List<RequestLog.Entry> entries) {
    GatewayState {
        requests = Map.copyOf(requests);
        endpoints = List.copyOf(endpoints);
        entries = List.copyOf(entries);
    }

    /**
     * An endpoint.
     *
     * @param id its id
     * @param inFlight this gateway's requests there
     * @param ejected whether it is left out because its answers fail
     * @param resting whether it is left alone because it, or an operator, asked for it
     */
    record OfEndpoint(String id, long inFlight, boolean ejected, boolean resting) {}
}
