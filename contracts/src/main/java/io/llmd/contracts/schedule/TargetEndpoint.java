package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Objects;

/**
 * One addressable model-server replica, or data-parallel rank, as a decision names it.
 *
 * @param id {@code namespace/name}, unique in the pool
 * @param host IP address or host name, IPv6 without brackets
 * @param port TCP port in [1, 65535]
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TargetEndpoint(String id, String host, int port) {
    public TargetEndpoint {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(host, "host");
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
        }
    }

    /** {@code host:port}, IPv6 in brackets. */
    public String hostPort() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
