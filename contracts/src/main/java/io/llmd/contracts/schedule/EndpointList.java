package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * Answer of {@code GET /v1/endpoints}.
 *
 * @param endpoints all endpoints of the pool, ordered by id
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EndpointList(List<EndpointStatus> endpoints) {
    public EndpointList {
        endpoints = List.copyOf(endpoints);
    }
}
