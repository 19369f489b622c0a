package io.llmd.scheduler.api.http;

import io.llmd.contracts.error.ErrorCode;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What the scheduler does at present: {@code GET /v1/flow-control} and {@code GET /v1/configuration}. */
public final class StateRoutes {

    private static final String FLOW_CONTROL = "/v1/flow-control";
    private static final String CONFIGURATION = "/v1/configuration";
    private static final MediaType YAML = MediaType.parseMediaType("application/yaml;charset=UTF-8");

    private final Supplier<?> queues;
    private final Supplier<String> configuration;
    private final Wire wire = new Wire();

    /**
     * Routes.
     *
     * @param queues what waits, as it is written
     * @param configuration text of the scheduling configuration in force, empty for the built-in one
     */
    public StateRoutes(Supplier<?> queues, Supplier<String> configuration) {
        this.queues = Objects.requireNonNull(queues, "queues");
        this.configuration = Objects.requireNonNull(configuration, "configuration");
    }

    /** All routes; for other methods 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
                .GET(
                        FLOW_CONTROL,
                        request -> ServerResponse.ok()
                                .contentType(MediaType.APPLICATION_JSON)
                                .bodyValue(wire.write(queues.get())))
                .GET(
                        CONFIGURATION,
                        request -> ServerResponse.ok().contentType(YAML).bodyValue(configuration.get()));
        for (String path : List.of(FLOW_CONTROL, CONFIGURATION)) {
            routes.route(
                    RequestPredicates.path(path), request -> methodNotAllowed(request.method() + " is not supported"));
        }
        return routes.build();
    }

    private Mono<ServerResponse> methodNotAllowed(String detail) {
        return ServerResponse.status(ErrorCode.METHOD_NOT_ALLOWED.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(wire.problem(ErrorCode.METHOD_NOT_ALLOWED, detail));
    }
}
