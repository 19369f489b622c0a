package io.llmd.scheduler.scheduling;

import java.util.Map;
import java.util.Objects;

/**
 * What an endpoint is, as discovery tells it.
 *
 * @param id {@code namespace/name}; for a data-parallel rank the name carries the suffix {@code -rank-<index>}
 * @param name name of the replica, without rank suffix
 * @param host IP address or host name, IPv6 without brackets
 * @param port TCP port in [1, 65535]
 * @param metricsPort TCP port of the metrics page on the same host
 * @param labels Kubernetes-style labels
 * @param rankIndex data-parallel rank, first is 0
 */
public record EndpointMetadata(
        String id, String name, String host, int port, int metricsPort, Map<String, String> labels, int rankIndex) {
    public EndpointMetadata {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        labels = Map.copyOf(labels);
    }

    /** {@code host:port}, IPv6 in brackets. */
    public String hostPort() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
