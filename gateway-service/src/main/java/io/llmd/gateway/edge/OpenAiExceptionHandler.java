package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import java.net.ConnectException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/** Gives errors of the routes behind the edge the same shape as those of the edge. */
@Order(-2)
public final class OpenAiExceptionHandler implements WebExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(OpenAiExceptionHandler.class);

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable cause) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(cause);
        }
        ApiError error = error(cause);
        if (error.code() == ErrorCode.INTERNAL_ERROR) {
            log.atError().setCause(cause).log("request behind the edge failed");
        }
        response.setStatusCode(HttpStatusCode.valueOf(error.code().status()));
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(ErrorBody.toJson(error))));
    }

    private static ApiError error(Throwable cause) {
        return switch (cause) {
            case ResponseStatusException status ->
                ofStatus(status.getStatusCode().value());
            case ConnectException e -> new ApiError(ErrorCode.UPSTREAM_ERROR, "the service behind cannot be reached");
            case TimeoutException e -> new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "the service behind did not answer");
            default -> new ApiError(ErrorCode.INTERNAL_ERROR, "the request could not be served");
        };
    }

    private static ApiError ofStatus(int status) {
        return switch (status) {
            case 401 -> new ApiError(ErrorCode.INVALID_API_KEY, "not authorised");
            case 403 -> new ApiError(ErrorCode.PERMISSION_DENIED, "not allowed");
            case 404 -> new ApiError(ErrorCode.UNKNOWN_URL, "no such path");
            case 405 -> new ApiError(ErrorCode.METHOD_NOT_ALLOWED, "the method is not allowed here");
            case 413 -> new ApiError(ErrorCode.PAYLOAD_TOO_LARGE, "the body is too large");
            case 415 -> new ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "the content type is not understood");
            case 502 -> new ApiError(ErrorCode.UPSTREAM_ERROR, "the service behind failed");
            case 503 -> new ApiError(ErrorCode.NO_ENDPOINTS, "no service behind is available");
            case 504 -> new ApiError(ErrorCode.UPSTREAM_TIMEOUT, "the service behind did not answer");
            default ->
                status < 500
                        ? new ApiError(ErrorCode.INVALID_HTTP, "the request is not understood")
                        : new ApiError(ErrorCode.INTERNAL_ERROR, "the request could not be served");
        };
    }
}
