package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kvindex.ingest.IndexedPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The index over HTTP: {@code GET /v1/top-prefixes}, {@code GET /v1/sources}, {@code GET /v1/stats}, {@code POST /v1/clear},
 * {@code GET} and {@code POST /v1/snapshot}, which take locks and run beside event loops; and what is wrong with other requests.
 * {@link MatchRoute} answers queries.
 */
public final class PrefixRoutes {

    static final List<String> PATHS =
            List.of(MatchRoute.PATH, "/v1/top-prefixes", "/v1/sources", "/v1/stats", "/v1/clear", "/v1/snapshot");
    private static final int USUAL_TOP = 20;
    private static final int MAX_TOP = 1000;
    private static final Duration SNAPSHOT_IDLE = Duration.ofSeconds(30);

    private final IndexedPool pool;
    private final PrefixMatcher matcher;
    private final int blockTokens;
    private final String keyMode;
    private final SnapshotRoutes snapshots;

    /** Routes to a pool; snapshots may have up to so many bytes. */
    public PrefixRoutes(
            IndexedPool pool, PrefixMatcher matcher, int blockTokens, String keyMode, long maxSnapshotBytes) {
        this.pool = pool;
        this.matcher = matcher;
        this.blockTokens = blockTokens;
        this.keyMode = keyMode;
        snapshots = new SnapshotRoutes(pool, maxSnapshotBytes, SNAPSHOT_IDLE);
    }

    /** All routes; whatever none of them takes is answered with 404 or 405. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route()
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
