package io.llmd.gateway.console;

import io.llmd.contracts.header.LlmdHeader;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** Hands questions of pages to the service that knows the answer, those of a list and no others. */
final class Relay {

    private static final Duration TIMEOUT = Duration.ofSeconds(35);
    private static final int MAX_BODY = 32 << 20;
    private static final String PART = "[^/?#]+";

    /** Who may ask. */
    private enum Role {
        VIEWER,
        OPERATOR
    }

    private record Allowed(HttpMethod method, Pattern path, Role role) {
        static Allowed get(String path) {
            return new Allowed(HttpMethod.GET, Pattern.compile(path), Role.VIEWER);
        }

        /** A question with a body, which changes nothing. */
        static Allowed question(String path) {
            return new Allowed(HttpMethod.POST, Pattern.compile(path), Role.VIEWER);
        }

        static Allowed change(HttpMethod method, String path) {
            return new Allowed(method, Pattern.compile(path), Role.OPERATOR);
        }
    }

    private static final List<Allowed> SCHEDULER = List.of(
            Allowed.get("/v1/decisions"),
            Allowed.get("/v1/decisions/" + PART),
            Allowed.get("/v1/snapshot"),
            Allowed.get("/v1/endpoints"),
            Allowed.get("/v1/flow-control"),
            Allowed.get("/v1/configuration"),
            Allowed.question("/v1/schedule:explain"),
            Allowed.question("/v1/snapshot:explain"),
            Allowed.question("/v1/decisions:replay"));
    private static final List<Allowed> KV_INDEX = List.of(
            Allowed.get("/v1/sources"),
            Allowed.get("/v1/stats"),
            Allowed.get("/v1/top-prefixes"),
            Allowed.change(HttpMethod.POST, "/v1/clear"));
    private static final List<Allowed> AUTOSCALER = List.of(
            Allowed.get("/api/v1/models"),
            Allowed.get("/api/v1/decisions"),
            Allowed.get("/api/v1/holds"),
            Allowed.get("/api/v1/variants/" + PART + "/" + PART + "/explain"),
            Allowed.question("/api/v1/whatif"),
            Allowed.change(HttpMethod.PUT, "/api/v1/variants/" + PART + "/" + PART + "/(pause|resume|override)"));

    private final Service scheduler;
    private final Service kvIndex;
    private final Service autoscaler;
    private final Gate gate;

    Relay(Service scheduler, Service kvIndex, Service autoscaler, Gate gate) {
        this.scheduler = scheduler;
        this.kvIndex = kvIndex;
        this.autoscaler = autoscaler;
        this.gate = gate;
    }

    Mono<ServerResponse> toScheduler(ServerRequest request) {
        return relay(request, scheduler, SCHEDULER);
    }

    Mono<ServerResponse> toKvIndex(ServerRequest request) {
        return relay(request, kvIndex, KV_INDEX);
    }

    Mono<ServerResponse> toAutoscaler(ServerRequest request) {
        return relay(request, autoscaler, AUTOSCALER);
    }

    private Mono<ServerResponse> relay(ServerRequest request, Service service, List<Allowed> allowed) {
        String raw = request.uri().getRawPath();
        String path = raw.substring("/console/api/".length()
                + raw.substring("/console/api/".length()).indexOf('/'));
        Allowed found = allowed.stream()
                .filter(each -> each.method().equals(request.method())
                        && each.path().matcher(path).matches())
                .findFirst()
                .orElse(null);
        if (found == null) {
            return Gate.refuse(HttpStatus.NOT_FOUND, "unknown_url", "nothing is at this path");
        }
        if (!service.isThere()) {
            return Gate.refuse(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "not_configured",
                    "no " + service.name() + " belongs to this suite");
        }
        String query = request.uri().getRawQuery();
        String target = path + (query == null ? "" : "?" + query);
        return found.role() == Role.OPERATOR
                ? gate.operator(request, next -> pass(next, service, target))
                : pass(request, service, target);
    }

    private static Mono<ServerResponse> pass(ServerRequest request, Service service, String target) {
        MediaType type = request.headers().contentType().orElse(MediaType.APPLICATION_JSON);
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), MAX_BODY)
                .map(buffer -> {
                    byte[] bytes = new byte[buffer.readableByteCount()];
                    buffer.read(bytes);
                    DataBufferUtils.release(buffer);
                    return bytes;
                })
                .defaultIfEmpty(new byte[0])
                .flatMap(body -> service.ask(
                        request.method(),
                        target,
                        request.method().equals(HttpMethod.GET) ? null : body,
                        type,
                        steering(request),
                        TIMEOUT))
                .flatMap(answer -> ServerResponse.status(answer.status())
                        .contentType(answer.type())
                        .bodyValue(answer.body()))
                .onErrorResume(WebClientRequestException.class, e -> gone(service))
                .onErrorResume(TimeoutException.class, e -> gone(service));
    }

    /** What a dry run says about the request that it stands for. */
    private static Map<String, String> steering(ServerRequest request) {
        Map<String, String> headers = new HashMap<>();
        request.queryParam("path").ifPresent(path -> headers.put(LlmdHeader.ORIGINAL_PATH.wireName(), path));
        request.queryParam("priority").ifPresent(level -> headers.put(LlmdHeader.PRIORITY.wireName(), level));
        request.queryParam("tenant").ifPresent(tenant -> headers.put(LlmdHeader.TENANT.wireName(), tenant));
        return headers;
    }

    private static Mono<ServerResponse> gone(Service service) {
        return Gate.refuse(HttpStatus.BAD_GATEWAY, "service_gone", "the " + service.name() + " does not answer");
    }
}
