package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingDeque;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * {@code POST /v1/prefix-matches}. Queries are read as they arrive and answered on the event loop that received them: that waits for
 * nobody, and takes microseconds for a usual prompt, a fifth of a millisecond for one of 100,000 tokens as bytes and about one as
 * JSON.
 *
 * <p>The route is the server's own, before Spring's: the layers for requests of any kind would cost more than all that happens
 * here for a prompt of 100,000 tokens, keys and walk included, when requests are seconds apart and caches are cold.
 */
public final class MatchRoute {

    static final String PATH = "/v1/prefix-matches";

    private static final Logger LOG = LoggerFactory.getLogger(MatchRoute.class);
    private static final int KEPT_QUERIES = 32;
    private static final int OK = 200;

    private final PrefixMatcher matcher;
    private final int maxBodyBytes;
    private final QueryReader reader = new QueryReader();

    /** The one used last comes first, for its memory is in near caches. */
    private final LinkedBlockingDeque<PrefixQuery> spare = new LinkedBlockingDeque<>(KEPT_QUERIES);

    /** @param maxBodyBytes longest body of a query */
    public MatchRoute(PrefixMatcher matcher, int maxBodyBytes) {
        this.matcher = matcher;
        this.maxBodyBytes = maxBodyBytes;
    }

    /** The server's routes and this one. */
    public HttpServerRoutes addTo(HttpServerRoutes routes) {
        return routes.post(PATH, this::answer);
    }

    /** What a client is told. */
    private record Reply(int status, String contentType, byte[] body) {

        static Reply problem(ErrorCode code, String detail) {
            return new Reply(
                    code.status(), MediaType.APPLICATION_PROBLEM_JSON_VALUE, Answers.problemBytes(code, detail));
        }

        Publisher<Void> send(HttpServerResponse response) {
            return response.status(status)
                    .header(HttpHeaderNames.CONTENT_TYPE, contentType)
                    .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                    .sendObject(Unpooled.wrappedBuffer(body));
        }
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        QueryReading reading;
        try {
            reading = begin(request);
        } catch (QueryException e) {
            return Reply.problem(e.code(), e.detail()).send(response);
        }
        return request.receive()
                .collect(() -> reading, QueryReading::add)
                .map(this::answer)
                .onErrorResume(
                        DataBufferLimitException.class,
                        tooLarge -> Mono.just(Reply.problem(
                                ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBodyBytes + " bytes")))
                .flatMap(reply -> Mono.from(reply.send(response)));
    }

    private QueryReading begin(HttpServerRequest request) throws QueryException {
        MediaType type = contentType(request);
        if (type.isCompatibleWith(MediaType.APPLICATION_OCTET_STREAM)) {
            Map<String, List<String>> parameters = parameters(request);
            QueryReading.Form form = form(first(parameters, "unit", "tokens"));
            PrefixQuery query = newQuery();
            query.model = first(parameters, "model", "");
            query.salt = parameters.containsKey("cacheSalt") ? first(parameters, "cacheSalt", "") : null;
            query.candidates.addAll(parameters.getOrDefault("candidate", List.of()));
            return new QueryReading(query, form, matcher, maxBodyBytes);
        }
        if (type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
            return new QueryReading(newQuery(), QueryReading.Form.JSON, matcher, maxBodyBytes);
        }
        throw unsupported(type.toString());
    }

    private PrefixQuery newQuery() {
        PrefixQuery kept = spare.pollFirst();
        PrefixQuery query = kept == null ? new PrefixQuery() : kept;
        query.begin();
        return query;
    }

    private static QueryReading.Form form(String unit) throws QueryException {
        return switch (unit) {
            case "tokens" -> QueryReading.Form.TOKENS;
            case "keys" -> QueryReading.Form.KEYS;
            default -> throw new QueryException(ErrorCode.INVALID_VALUE, "unit: unknown (expected: tokens or keys)");
        };
    }

    private static Map<String, List<String>> parameters(HttpServerRequest request) throws QueryException {
        try {
            return new QueryStringDecoder(request.uri()).parameters();
        } catch (IllegalArgumentException e) {
            throw new QueryException(ErrorCode.INVALID_VALUE, "query: unreadable (expected: percent-encoded UTF-8)");
        }
    }

    private static String first(Map<String, List<String>> parameters, String name, String otherwise) {
        List<String> values = parameters.get(name);
        return values == null ? otherwise : values.getFirst();
    }

    private static MediaType contentType(HttpServerRequest request) throws QueryException {
        String type = request.requestHeaders().get(HttpHeaderNames.CONTENT_TYPE);
        if (type == null || type.equals(MediaType.APPLICATION_JSON_VALUE)) {
            return MediaType.APPLICATION_JSON;
        }
        if (type.equals(MediaType.APPLICATION_OCTET_STREAM_VALUE)) {
            return MediaType.APPLICATION_OCTET_STREAM;
        }
        try {
            return MediaType.parseMediaType(type);
        } catch (InvalidMediaTypeException e) {
            throw unsupported("unreadable");
        }
    }

    private static QueryException unsupported(String type) {
        return new QueryException(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "content-type: " + type + " (expected: application/json or application/octet-stream)");
    }

    private Reply answer(QueryReading reading) {
        try {
            reading.finish(reader);
            return new Reply(OK, MediaType.APPLICATION_JSON_VALUE, Answers.bytes(matcher.answer(reading.query)));
        } catch (QueryException e) {
            return Reply.problem(e.code(), e.detail());
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a query cannot be answered");
            return Reply.problem(ErrorCode.INTERNAL_ERROR, "the query cannot be answered");
        } finally {
            if (reading.query.isKept()) {
                spare.offerFirst(reading.query);
            }
        }
    }
}
