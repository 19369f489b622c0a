package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kvindex.ingest.IndexedPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.function.Supplier;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The index over HTTP: {@code POST /v1/prefix-matches}, {@code GET /v1/top-prefixes}, {@code GET /v1/sources},
 * {@code GET /v1/stats}, {@code POST /v1/clear}, {@code GET} and {@code POST /v1/snapshot}. Queries are read as they arrive and
 * answered on the event loop that received them: that waits for nobody, and takes microseconds for a usual prompt, a fifth of a
 * millisecond for one of 100,000 tokens as bytes and about one as JSON. The rest takes locks and runs elsewhere.
 */
public final class PrefixRoutes {

    static final List<String> PATHS =
            List.of("/v1/prefix-matches", "/v1/top-prefixes", "/v1/sources", "/v1/stats", "/v1/clear", "/v1/snapshot");
    private static final int KEPT_QUERIES = 32;
    private static final int USUAL_TOP = 20;
    private static final int MAX_TOP = 1000;
    private static final Duration SNAPSHOT_IDLE = Duration.ofSeconds(30);

    private final IndexedPool pool;
    private final PrefixMatcher matcher;
    private final int blockTokens;
    private final String keyMode;
    private final int maxBodyBytes;
    private final SnapshotRoutes snapshots;
    private final QueryReader reader = new QueryReader();

    /** The one used last comes first, for its memory is in near caches. */
    private final LinkedBlockingDeque<PrefixQuery> spare = new LinkedBlockingDeque<>(KEPT_QUERIES);

    /** Routes to a pool; bodies may have up to so many bytes, of queries and of snapshots. */
    public PrefixRoutes(
            IndexedPool pool,
            PrefixMatcher matcher,
            int blockTokens,
            String keyMode,
            int maxBodyBytes,
            long maxSnapshotBytes) {
        this.pool = pool;
        this.matcher = matcher;
        this.blockTokens = blockTokens;
        this.keyMode = keyMode;
        this.maxBodyBytes = maxBodyBytes;
        snapshots = new SnapshotRoutes(pool, maxSnapshotBytes, SNAPSHOT_IDLE);
    }

    /** All routes; whatever none of them takes is answered with 404 or 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
                .POST("/v1/prefix-matches", this::matches)
                .GET("/v1/top-prefixes", this::topPrefixes)
                .GET("/v1/snapshot", request -> snapshots.download())
                .POST("/v1/snapshot", snapshots::restore)
                .GET("/v1/sources", request -> beside(() -> new KvSources(pool.sources())))
                .GET("/v1/stats", request -> beside(this::stats))
                .POST("/v1/clear", this::clear);
        for (String path : PATHS) {
            routes.route(
                    RequestPredicates.path(path),
                    request -> Answers.problem(
                            ErrorCode.METHOD_NOT_ALLOWED, request.method() + " is not supported by " + path));
        }
        return routes.route(
                        RequestPredicates.all(),
                        request -> Answers.problem(ErrorCode.UNKNOWN_URL, "nothing is at this path"))
                .build();
    }

    private Mono<ServerResponse> matches(ServerRequest request) {
        QueryReading reading;
        try {
            reading = begin(request);
        } catch (QueryException e) {
            return Answers.problem(e.code(), e.detail());
        }
        return request.exchange()
                .getRequest()
                .getBody()
                .collect(() -> reading, QueryReading::add)
                .flatMap(this::answer)
                .onErrorResume(
                        DataBufferLimitException.class,
                        tooLarge -> Answers.problem(
                                ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBodyBytes + " bytes"));
    }

    private QueryReading begin(ServerRequest request) throws QueryException {
        QueryReading.Form form = form(request);
        PrefixQuery kept = spare.pollFirst();
        PrefixQuery query = kept == null ? new PrefixQuery() : kept;
        query.begin();
        if (form != QueryReading.Form.JSON) {
            query.model = request.queryParam("model").orElse("");
            query.salt = request.queryParam("cacheSalt").orElse(null);
            query.candidates.addAll(request.queryParams().getOrDefault("candidate", List.of()));
        }
        return new QueryReading(query, form, matcher, maxBodyBytes);
    }

    private static QueryReading.Form form(ServerRequest request) throws QueryException {
        MediaType type = contentType(request);
        if (type.isCompatibleWith(MediaType.APPLICATION_OCTET_STREAM)) {
            return switch (request.queryParam("unit").orElse("tokens")) {
                case "tokens" -> QueryReading.Form.TOKENS;
                case "keys" -> QueryReading.Form.KEYS;
                default ->
                    throw new QueryException(ErrorCode.INVALID_VALUE, "unit: unknown (expected: tokens or keys)");
            };
        }
        if (type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
            return QueryReading.Form.JSON;
        }
        throw unsupported(type.toString());
    }

    private Mono<ServerResponse> answer(QueryReading reading) {
        try {
            reading.finish(reader);
            return Answers.ok(matcher.answer(reading.query));
        } catch (QueryException e) {
            return Answers.problem(e.code(), e.detail());
        } finally {
            if (reading.query.isKept()) {
                spare.offerFirst(reading.query);
            }
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

    private Mono<ServerResponse> topPrefixes(ServerRequest request) {
        int limit;
        try {
            limit = Integer.parseInt(request.queryParam("limit").orElse("" + USUAL_TOP));
        } catch (NumberFormatException e) {
            limit = 0;
        }
        int wanted = limit;
        if (wanted < 1 || wanted > MAX_TOP) {
            return Answers.problem(ErrorCode.INVALID_VALUE, "limit: no number (expected: 1 to " + MAX_TOP + ")");
        }
        return Mono.fromCallable(() -> matcher.top(wanted))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(Answers::ok)
                .onErrorResume(QueryException.class, e -> Answers.problem(e.code(), e.detail()));
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
            return Answers.problem(
                    ErrorCode.MISSING_REQUIRED_PARAMETER, "endpoint: missing (expected: id of an endpoint)");
        }
        return Mono.fromCallable(() -> pool.clear(endpoint))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(cleared -> cleared > 0
                        ? Answers.ok(Map.of("cleared", cleared))
                        : Answers.problem(
                                ErrorCode.UNKNOWN_URL, "endpoint: not read by this process (expected: one that is)"));
    }

    private Mono<ServerResponse> beside(Supplier<Object> answer) {
        return Mono.fromSupplier(answer)
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(Answers::ok);
    }
}
