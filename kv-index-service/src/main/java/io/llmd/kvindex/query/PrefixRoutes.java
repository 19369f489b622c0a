package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kvindex.ingest.IndexedPool;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Supplier;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/**
 * The index over HTTP: {@code POST /v1/prefix-matches}, {@code GET /v1/sources}, {@code GET /v1/stats} and
 * {@code POST /v1/clear}. Queries are answered on the event loop that received them: that takes microseconds and waits for
 * nobody. The rest takes locks and runs elsewhere.
 */
public final class PrefixRoutes {

    private static final List<String> PATHS = List.of("/v1/prefix-matches", "/v1/sources", "/v1/stats", "/v1/clear");
    private static final int KEPT_QUERIES = 32;

    private final IndexedPool pool;
    private final PrefixMatcher matcher;
    private final int blockTokens;
    private final String keyMode;
    private final int maxBodyBytes;
    private final QueryReader reader = new QueryReader();
    private final JsonMapper json = JsonMapper.builder().build();
    private final Queue<PrefixQuery> spare = new ArrayBlockingQueue<>(KEPT_QUERIES);

    /** Routes to a pool; bodies of queries may have up to {@code maxBodyBytes} bytes. */
    public PrefixRoutes(IndexedPool pool, PrefixMatcher matcher, int blockTokens, String keyMode, int maxBodyBytes) {
        this.pool = pool;
        this.matcher = matcher;
        this.blockTokens = blockTokens;
        this.keyMode = keyMode;
        this.maxBodyBytes = maxBodyBytes;
    }

    /** All routes; whatever none of them takes is answered with 404 or 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
                .POST("/v1/prefix-matches", this::matches)
                .GET("/v1/sources", request -> beside(() -> new KvSources(pool.sources())))
                .GET("/v1/stats", request -> beside(this::stats))
                .POST("/v1/clear", this::clear);
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

    private Mono<ServerResponse> matches(ServerRequest request) {
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), maxBodyBytes)
                .map(PrefixRoutes::bytes)
                .defaultIfEmpty(new byte[0])
                .flatMap(body -> answer(request, body))
                .onErrorResume(
                        DataBufferLimitException.class,
                        tooLarge -> problem(
                                ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBodyBytes + " bytes"));
    }

    private static byte[] bytes(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    private Mono<ServerResponse> answer(ServerRequest request, byte[] body) {
        PrefixQuery kept = spare.poll();
        PrefixQuery query = kept == null ? new PrefixQuery() : kept;
        try {
            query.begin();
            read(request, body, query);
            return ok(matcher.answer(query));
        } catch (QueryException e) {
            return problem(e.code(), e.detail());
        } finally {
            spare.offer(query);
        }
    }

    private void read(ServerRequest request, byte[] body, PrefixQuery query) throws QueryException {
        MediaType type = contentType(request);
        if (type.isCompatibleWith(MediaType.APPLICATION_OCTET_STREAM)) {
            query.model = request.queryParam("model").orElse("");
            query.salt = request.queryParam("cacheSalt").orElse(null);
            query.candidates.addAll(request.queryParams().getOrDefault("candidate", List.of()));
            switch (request.queryParam("unit").orElse("tokens")) {
                case "tokens" -> reader.readTokens(body, query);
                case "keys" -> reader.readKeys(body, query);
                default ->
                    throw new QueryException(ErrorCode.INVALID_VALUE, "unit: unknown (expected: tokens or keys)");
            }
        } else if (type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
            reader.readJson(body, query);
        } else {
            throw unsupported(type.toString());
        }
    }

    private static MediaType contentType(ServerRequest request) throws QueryException {
        try {
            return request.headers().contentType().orElse(MediaType.APPLICATION_JSON);
        } catch (InvalidMediaTypeException e) {
            throw unsupported("unreadable");
        }
    }

    private static QueryException unsupported(String type) {
        return new QueryException(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "content-type: " + type + " (expected: application/json or application/octet-stream)");
    }

    private KvIndexStats stats() {
        BlockIndex index = pool.index();
        return index == null
                ? new KvIndexStats(pool.isReady(), pool.readings().size(), 0, 0, 0, 0, 0, blockTokens, keyMode)
                : new KvIndexStats(
                        pool.isReady(),
                        index.lanes().size(),
                        index.blocks(),
                        index.memberships(),
                        index.evictedBlocks(),
                        index.bytes(),
                        index.maxBytes(),
                        blockTokens,
                        keyMode);
    }

    private Mono<ServerResponse> clear(ServerRequest request) {
        String endpoint = request.queryParam("endpoint").orElse("");
        if (endpoint.isEmpty()) {
            return problem(ErrorCode.MISSING_REQUIRED_PARAMETER, "endpoint: missing (expected: id of an endpoint)");
        }
        return Mono.fromCallable(() -> pool.clear(endpoint))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(cleared -> cleared > 0
                        ? ok(Map.of("cleared", cleared))
                        : problem(ErrorCode.UNKNOWN_URL, "endpoint: not read by this process (expected: one that is)"));
    }

    private Mono<ServerResponse> beside(Supplier<Object> answer) {
        return Mono.fromSupplier(answer)
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(this::ok);
    }

    private Mono<ServerResponse> ok(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(json.writeValueAsBytes(value));
    }

    private Mono<ServerResponse> problem(ErrorCode code, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", code.wireName().replace('_', ' '));
        problem.put("status", code.status());
        problem.put("detail", detail);
        problem.put("code", code.wireName());
        return ServerResponse.status(code.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(json.writeValueAsBytes(problem));
    }
}
