package io.llmd.gateway.console;

import io.llmd.contracts.schedule.EndpointList;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the scheduler says of the pool.
 *
 * @param endpoints its endpoints
 * @param queue what waits; null where flow control is off or not known
 */
record Pool(EndpointList endpoints, @Nullable JsonNode queue) {

    private static final int OK = 200;

    /** Asks the scheduler. */
    static Mono<Pool> ask(Service scheduler, JsonMapper json, Duration timeout) {
        return Mono.zip(
                scheduler.get("/v1/endpoints", timeout),
                scheduler.get("/v1/flow-control", timeout),
                (endpoints, queue) -> {
                    if (endpoints.status() != OK) {
                        throw new IllegalStateException("answers " + endpoints.status());
                    }
                    return new Pool(
                            json.readValue(endpoints.body(), EndpointList.class),
                            queue.status() == OK ? json.readTree(queue.body()) : null);
                });
    }
}
