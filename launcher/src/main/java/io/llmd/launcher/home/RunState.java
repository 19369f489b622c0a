package io.llmd.launcher.home;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.stream.Stream;

/**
 * The running suite, as its starter wrote it down.
 *
 * @param pid process that started the suite and stops it when it is told to end
 * @param pidStartedAt ISO-8601 start of that process, so that a later process with the same id is not mistaken for it;
 *     empty when the system does not say
 * @param ready whether all parts are
 * @param gateway base URL of the gateway, without {@code /v1}
 * @param key demo API key
 * @param model model that the endpoints serve
 * @param parts services and simulated endpoints
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunState(
        long pid, String pidStartedAt, boolean ready, String gateway, String key, String model, List<Part> parts) {
    public RunState {
        parts = List.copyOf(parts);
    }

    /**
     * One part of the suite.
     *
     * @param name such as {@code gateway} or {@code sim-1}
     * @param role phases that an endpoint serves, where they differ; empty for all other parts
     * @param url where it serves
     * @param health URL that answers 200 when it is well
     * @param pid its process
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Part(String name, String role, String url, String health, long pid) {

        @SuppressWarnings("NullAway") // files of earlier versions have no role
        public Part {
            role = role == null ? "" : role;
        }

        /** A part without a role. */
        public Part(String name, String url, String health, long pid) {
            this(name, "", url, health, pid);
        }
    }

    /** Base URLs of all gateways, the first one first. */
    public List<String> gateways() {
        return Stream.concat(
                        Stream.of(gateway),
                        parts.stream()
                                .filter(part -> part.name().startsWith("gateway-"))
                                .map(Part::url))
                .toList();
    }

    /** The same run, ready. */
    public RunState asReady() {
        return new RunState(pid, pidStartedAt, true, gateway, key, model, parts);
    }
}
