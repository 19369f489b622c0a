package io.llmd.scheduler.api.http;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.api.ScheduleDoor;
import io.llmd.scheduler.api.ScheduleExplainer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

/**
 * The scheduler over HTTP: {@code POST /v1/schedule}, {@code POST /v1/schedule:cancel}, {@code POST /v1/outcomes},
 * {@code POST /v1/schedule:explain} and {@code GET /v1/endpoints}. Requests that need not wait are decided on the event
 * loop that received them; nothing blocks. Explanations are made elsewhere, few at a time and within a bound.
 */
public final class ScheduleRoutes {

    private static final String DEFAULT_PATH = "/v1/completions";
    private static final int MOST_EXPLANATIONS = 4;
    private static final Duration EXPLANATION_TIME = Duration.ofSeconds(5);
    private static final int MAX_OUTCOMES_BYTES = 1 << 20;
    private static final List<String> PATHS = List.of(
            "/v1/schedule",
            "/v1/schedule:cancel",
            "/v1/outcomes",
            "/v1/schedule:explain",
            "/v1/evictions",
            "/v1/endpoints");

    private final ScheduleDoor door;
    private final ScheduleExplainer explainer;
    private final int maxBodyBytes;
    private final Wire wire = new Wire();
    private final WaitingQuestions questions;
    private final SideWork explanations;

    /** Routes to {@code door}; bodies of requests may have up to {@code maxBodyBytes} bytes. */
    public ScheduleRoutes(ScheduleDoor door, ScheduleExplainer explainer, int maxBodyBytes) {
        this(door, explainer, maxBodyBytes, new SideWork("explanation", MOST_EXPLANATIONS, EXPLANATION_TIME));
    }

    ScheduleRoutes(ScheduleDoor door, ScheduleExplainer explainer, int maxBodyBytes, SideWork explanations) {
        this.explanations = explanations;
        this.door = Objects.requireNonNull(door, "door");
        this.explainer = Objects.requireNonNull(explainer, "explainer");
        this.maxBodyBytes = maxBodyBytes;
        this.questions = new WaitingQuestions(door, wire);
    }

    /** All routes; whatever none of them takes is answered with 404 or 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
                .POST("/v1/schedule", this::schedule)
                .POST("/v1/schedule:cancel", this::cancel)
                .POST("/v1/outcomes", this::outcomes)
                .POST("/v1/schedule:explain", this::explain)
                .GET("/v1/evictions", request -> evictions())
                .GET("/v1/endpoints", request -> json(door.endpoints()));
        for (String path : PATHS) {
            routes.route(
                    RequestPredicates.path(path),
                    request ->
                            problem(ErrorCode.METHOD_NOT_ALLOWED, request.method() + " is not supported by " + path));
        }
        return routes.route(
                        RequestPredicates.all(), request -> problem(ErrorCode.UNKNOWN_URL, "nothing is at this path"))
                .build();
    }

    private Mono<ServerResponse> schedule(ServerRequest request) {
        return withBody(request, maxBodyBytes, body -> questions.ask(toRequest(request, body), ticket(request)));
    }

    private Mono<ServerResponse> cancel(ServerRequest request) {
        String ticket = ticket(request);
        if (ticket != null) {
            questions.withdraw(ticket);
        }
        return ServerResponse.noContent().build();
    }

    private static @Nullable String ticket(ServerRequest request) {
        return request.exchange().getRequest().getHeaders().getFirst(LlmdHeader.SCHEDULE_TICKET.wireName());
    }

    /** One event for each request that has to end, and a comment now and then so that either side sees the other go. */
    private Mono<ServerResponse> evictions() {
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .body(BodyInserters.fromDataBuffers(new EvictionStream(door, wire).events()));
    }

    /** Beside the event loops, because an explanation of a large pool, or of a plugin that is slow, takes its time. */
    private Mono<ServerResponse> explain(ServerRequest request) {
        return withBody(
                request,
                maxBodyBytes,
                body -> explanations
                        .run(() -> wire.write(explainer.explain(toRequest(request, body))))
                        .flatMap(explanation -> ServerResponse.ok()
                                .contentType(MediaType.APPLICATION_JSON)
                                .bodyValue(explanation))
                        .onErrorResume(
                                SideWork.RefusedException.class,
                                e -> problem(ErrorCode.SERVER_OVERLOADED, String.valueOf(e.getMessage()))));
    }

    private Mono<ServerResponse> outcomes(ServerRequest request) {
        return withBody(request, MAX_OUTCOMES_BYTES, body -> {
            try {
                wire.batch(body).reports().forEach(door::report);
                return ServerResponse.noContent().build();
            } catch (JacksonException e) {
                return problem(ErrorCode.INVALID_JSON, "the body is not a batch of outcome reports");
            }
        });
    }

    private Mono<ServerResponse> withBody(
            ServerRequest request, int limit, Function<byte[], Mono<ServerResponse>> answer) {
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), limit)
                .map(BodyBytes::of)
                .defaultIfEmpty(new byte[0])
                .flatMap(answer)
                .onErrorResume(
                        DataBufferLimitException.class,
                        tooLarge ->
                                problem(ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + limit + " bytes"));
    }

    private static ScheduleRequest toRequest(ServerRequest request, byte[] body) {
        Map<String, String> headers = lowerCase(request.exchange().getRequest().getHeaders());
        String requestId = headers.get(LlmdHeader.REQUEST_ID.wireName());
        return new ScheduleRequest(
                requestId == null || requestId.isEmpty() ? UUID.randomUUID().toString() : requestId,
                headers.getOrDefault(LlmdHeader.ORIGINAL_PATH.wireName(), DEFAULT_PATH),
                headers,
                ByteBuffer.wrap(body),
                list(headers.get(LlmdHeader.EXCLUDED_ENDPOINTS.wireName())));
    }

    private static Map<String, String> lowerCase(HttpHeaders headers) {
        Map<String, String> map = HashMap.newHashMap(headers.size());
        headers.forEach((name, values) -> map.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
        return map;
    }

    private static List<String> list(@Nullable String header) {
        return header == null
                ? List.of()
                : Stream.of(header.split(","))
                        .map(String::strip)
                        .filter(id -> !id.isEmpty())
                        .toList();
    }

    private Mono<ServerResponse> json(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(wire.write(value));
    }

    private Mono<ServerResponse> problem(ErrorCode code, String detail) {
        return ServerResponse.status(code.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(wire.problem(code, detail));
    }
}
