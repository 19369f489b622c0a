package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.openai.ApiError;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What every request must fulfil, whoever answers it. A refusal here closes the connection. */
final class HeadRules {

    private HeadRules() {}

    /** Why a head is refused, or {@code null} when it is not. */
    static @Nullable ApiError refusal(HttpRequest request, boolean folded, EdgeSettings.Limits limits) {
        if (request.decoderResult().isFailure()) {
            return undecodable(request.decoderResult().cause());
        }
        HttpHeaders headers = request.headers();
        if (folded) {
            return invalid("folded headers are not understood");
        }
        if (headers.size() > limits.headers()) {
            return new ApiError(ErrorCode.HEADERS_TOO_LARGE, "more than " + limits.headers() + " headers");
        }
        HttpVersion version = request.protocolVersion();
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            return invalid("only HTTP/1.0 and HTTP/1.1 are understood");
        }
        int hosts = headers.getAll(HttpHeaderNames.HOST).size();
        if (hosts > 1 || hosts == 0 && version.equals(HttpVersion.HTTP_1_1)) {
            return invalid("host: " + hosts + " (expected: 1)");
        }
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return null;
        }
        boolean chunked = codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst());
        if (!chunked || headers.contains(HttpHeaderNames.CONTENT_LENGTH) || version.equals(HttpVersion.HTTP_1_0)) {
            return invalid("transfer-encoding: only chunked, and without content-length, is understood");
        }
        return null;
    }

    private static ApiError undecodable(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException e -> new ApiError(ErrorCode.URI_TOO_LONG, "the request line is too long");
            case TooLongHttpHeaderException e -> new ApiError(ErrorCode.HEADERS_TOO_LARGE, "the headers are too large");
            default -> invalid("the request is no valid HTTP");
        };
    }

    private static ApiError invalid(String message) {
        return new ApiError(ErrorCode.INVALID_HTTP, message);
    }
}
