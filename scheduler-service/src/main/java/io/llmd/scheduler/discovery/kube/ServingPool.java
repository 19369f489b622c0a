package io.llmd.scheduler.discovery.kube;

import io.llmd.scheduler.scheduling.AppProtocol;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which pods serve, and where.
 *
 * @param selector label selector of the pods, as the API takes it
 * @param ports target ports in the order of their ranks; 1 to 8, all different
 * @param protocol what the pods speak; {@code null} when that is not said
 */
public record ServingPool(
        String selector, List<Integer> ports, @Nullable AppProtocol protocol) {

    /** Target ports that a pool can have. */
    public static final int MAX_PORTS = 8;

    /** A pool that does not say what its pods speak. */
    public ServingPool(String selector, List<Integer> ports) {
        this(selector, ports, null);
    }

    public ServingPool {
        Objects.requireNonNull(selector, "selector");
        if (selector.isBlank()) {
            throw new IllegalArgumentException("selector: empty (expected: labels such as app=vllm)");
        }
        ports = List.copyOf(ports);
        if (ports.isEmpty()
                || ports.size() > MAX_PORTS
                || ports.stream().distinct().count() < ports.size()) {
            throw new IllegalArgumentException(
                    "target ports: " + ports + " (expected: 1 to " + MAX_PORTS + ", all different)");
        }
        for (int port : ports) {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("target port: " + port + " (expected: 1 to 65535)");
            }
        }
    }
}
