package io.llmd.scheduler.prefix;

import io.llmd.scheduler.scheduling.EndpointMetadata;

/**
 * Names a lane as owners do: by the replica and its data-parallel rank. Discovery gives each rank an id of its own, with the
 * rank at its end, which is left out here.
 */
record LaneName(String endpoint, int rank) {

    static LaneName of(EndpointMetadata endpoint) {
        String suffix = "-rank-" + endpoint.rankIndex();
        String id = endpoint.id();
        return new LaneName(
                id.endsWith(suffix) ? id.substring(0, id.length() - suffix.length()) : id, endpoint.rankIndex());
    }
}
