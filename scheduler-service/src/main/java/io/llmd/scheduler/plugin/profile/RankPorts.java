package io.llmd.scheduler.plugin.profile;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.ProfileOutcome;

/** Sends requests for data-parallel ranks through the one port that a server of several ranks listens on. */
final class RankPorts {

    private RankPorts() {}

    /** The same endpoints with their requests going to {@code port}. */
    static ProfileOutcome.Picked through(int port, ProfileOutcome.Picked picked) {
        return new ProfileOutcome.Picked(
                picked.endpoints().stream()
                        .map(endpoint ->
                                new Endpoint(through(port, endpoint.metadata()), endpoint.metrics(), endpoint.fresh()))
                        .toList(),
                picked.slots());
    }

    private static EndpointMetadata through(int port, EndpointMetadata endpoint) {
        return new EndpointMetadata(
                endpoint.id(),
                endpoint.name(),
                endpoint.host(),
                port,
                endpoint.metricsPort(),
                endpoint.labels(),
                endpoint.rankIndex());
    }

    static int requirePort(int port, int least) {
        if (port < least || port > 65_535) {
            throw new IllegalArgumentException("primaryPort: " + port + " (expected: " + least + " to 65535)");
        }
        return port;
    }
}
