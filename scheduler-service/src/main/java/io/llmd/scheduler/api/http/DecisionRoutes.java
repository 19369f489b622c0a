package io.llmd.scheduler.api.http;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.api.PoolExplainer;
import io.llmd.scheduler.explain.DecisionDetails;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionQuery;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.DecisionReplayer;
import io.llmd.scheduler.explain.DecisionSummary;
import io.llmd.scheduler.explain.PoolSnapshot;
import io.llmd.scheduler.plugin.ConfigException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;

/**
 * Decisions after the fact and apart from it: {@code GET /v1/decisions}, {@code GET /v1/decisions/{requestId}},
 * {@code POST /v1/decisions:replay}, {@code GET /v1/snapshot} and {@code POST /v1/snapshot:explain}. What takes long runs
 * beside the event loops, one at a time.
 */
public final class DecisionRoutes {

    /** Longer than a replay goes on, so that what it has got by then is answered. */
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private static final String DECISIONS = "/v1/decisions";
    private static final String REPLAY = "/v1/decisions:replay";
    private static final String ONE = "/v1/decisions/{requestId}";
    private static final String SNAPSHOT = "/v1/snapshot";
    private static final String SNAPSHOT_EXPLAIN = "/v1/snapshot:explain";
    private static final int MAX_CONFIGURATION_BYTES = 2 << 20;
    private static final int MAX_ATTEMPTS = 100;

    private final DecisionLog log;
    private final DecisionReplayer replayer;
    private final PoolExplainer pools;
    private final InstantSource clock;
    private final int maxBodyBytes;
    private final SideWork slow = new SideWork("replay or dry run", 1, LONGEST);
    private final Wire wire = new Wire();

    /** Routes to {@code log} and to those who decide apart; bodies with snapshots may have {@code maxBodyBytes} bytes. */
    public DecisionRoutes(
            DecisionLog log, DecisionReplayer replayer, PoolExplainer pools, InstantSource clock, int maxBodyBytes) {
        this.log = Objects.requireNonNull(log, "log");
        this.replayer = Objects.requireNonNull(replayer, "replayer");
        this.pools = Objects.requireNonNull(pools, "pools");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.maxBodyBytes = maxBodyBytes;
    }

    private record Page(
            List<DecisionSummary> decisions, @Nullable Long next) {}

    private record Attempts(String requestId, List<DecisionDetails> attempts) {}

    /** A request to decide about, with the snapshot to decide against. */
    private record DryRunRequest(
            PoolSnapshot snapshot,
            @Nullable String requestId,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            Object body,
            @Nullable String configuration) {

        private static final String USUAL_PATH = "/v1/chat/completions";

        DryRunRequest {
            Objects.requireNonNull(snapshot, "snapshot: missing (expected: what GET " + SNAPSHOT + " answered)");
            Objects.requireNonNull(body, "body: missing (expected: the body of a request)");
        }

        ScheduleRequest toRequest(byte[] bytes) {
            return new ScheduleRequest(
                    requestId == null ? UUID.randomUUID().toString() : requestId,
                    path == null ? USUAL_PATH : path,
                    headers == null ? Map.of() : headers,
                    ByteBuffer.wrap(bytes),
                    List.of());
        }
    }

    /** All routes; for other methods 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
                .GET(DECISIONS, this::list)
                .GET(ONE, this::one)
                .POST(REPLAY, this::replay)
                .GET(SNAPSHOT, request -> json(pools.snapshot()))
                .POST(SNAPSHOT_EXPLAIN, this::explain);
        for (String path : List.of(DECISIONS, ONE, REPLAY, SNAPSHOT, SNAPSHOT_EXPLAIN)) {
            routes.route(
                    RequestPredicates.path(path),
                    request -> problem(
                            ErrorCode.METHOD_NOT_ALLOWED, request.method() + " is not supported by " + request.path()));
        }
        return routes.build();
    }

    private Mono<ServerResponse> list(ServerRequest request) {
        try {
            DecisionQuery query = query(request);
            List<DecisionRecord> found = log.newest(query, query.before(), query.limit());
            Long next = found.size() < query.limit() ? null : found.getLast().number();
            return json(new Page(found.stream().map(DecisionSummary::of).toList(), next));
        } catch (IllegalArgumentException e) {
            return problem(ErrorCode.INVALID_VALUE, String.valueOf(e.getMessage()));
        }
    }

    private DecisionQuery query(ServerRequest request) {
        return DecisionQuery.of(request.queryParams().toSingleValueMap(), Set.of(), clock.instant());
    }

    private Mono<ServerResponse> one(ServerRequest request) {
        String id = request.pathVariable("requestId");
        List<DecisionRecord> found = log.newest(record -> record.requestId().equals(id), Long.MAX_VALUE, MAX_ATTEMPTS);
        return found.isEmpty()
                ? problem(ErrorCode.UNKNOWN_URL, "no decision about this request is recorded")
                : json(new Attempts(
                        id, found.reversed().stream().map(DecisionDetails::of).toList()));
    }

    private Mono<ServerResponse> replay(ServerRequest request) {
        DecisionQuery query;
        try {
            query = query(request);
        } catch (IllegalArgumentException e) {
            return problem(ErrorCode.INVALID_VALUE, String.valueOf(e.getMessage()));
        }
        return body(request, MAX_CONFIGURATION_BYTES)
                .flatMap(bytes -> slowly(() -> replayer.replay(
                        log.newest(query, query.before(), query.limit()), new String(bytes, StandardCharsets.UTF_8))))
                .onErrorResume(DataBufferLimitException.class, tooLarge -> tooLarge(MAX_CONFIGURATION_BYTES));
    }

    private Mono<ServerResponse> explain(ServerRequest request) {
        return body(request, maxBodyBytes)
                .flatMap(bytes -> {
                    DryRunRequest run;
                    try {
                        run = wire.read(bytes, DryRunRequest.class);
                    } catch (JacksonException e) {
                        return problem(ErrorCode.INVALID_JSON, reason(e));
                    }
                    ScheduleRequest question = run.toRequest(wire.write(run.body()));
                    return slowly(() -> pools.explain(run.snapshot(), question, run.configuration()));
                })
                .onErrorResume(DataBufferLimitException.class, tooLarge -> tooLarge(maxBodyBytes));
    }

    /** What a constructor of ours said, or else that it is not what it should be. */
    private static String reason(JacksonException e) {
        return e.getCause() instanceof RuntimeException cause && cause.getMessage() != null
                ? cause.getMessage()
                : "the body is not a snapshot with a request";
    }

    private Mono<ServerResponse> slowly(Callable<Object> work) {
        return slow.run(work)
                .flatMap(this::json)
                .onErrorResume(ConfigException.class, e -> problem(ErrorCode.INVALID_VALUE, e.getMessage()))
                .onErrorResume(
                        SideWork.RefusedException.class, e -> problem(ErrorCode.SERVER_OVERLOADED, e.getMessage()));
    }

    private static Mono<byte[]> body(ServerRequest request, int limit) {
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), limit)
                .map(BodyBytes::of)
                .defaultIfEmpty(new byte[0]);
    }

    private Mono<ServerResponse> tooLarge(int limit) {
        return problem(ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + limit + " bytes");
    }

    private Mono<ServerResponse> json(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(wire.write(value));
    }

    private Mono<ServerResponse> problem(ErrorCode code, @Nullable String detail) {
        return ServerResponse.status(code.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(wire.problem(code, String.valueOf(detail)));
    }
}
