package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.gateway.access.Access;
import io.llmd.openai.ApiError;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps the reasons of the scheduler and of access control to what clients see. */
final class Rejections {

    private static final String THROTTLE_SECONDS = "60";
    private static final String TTL_EXPIRED = "rejected-ttl-expired";
    private static final String NO_ENDPOINTS = "rejected-no-endpoints";

    private Rejections() {}

    static ApiError error(ScheduleRejection rejection) {
        return switch (rejection.reason()) {
            case SATURATED, DENIED, TTL_EXPIRED -> new ApiError(ErrorCode.SERVER_OVERLOADED, rejection.message());
            case NO_ENDPOINTS -> new ApiError(ErrorCode.NO_ENDPOINTS, rejection.message());
            case BAD_REQUEST -> new ApiError(ErrorCode.INVALID_VALUE, rejection.message());
            case NOT_CACHED -> new ApiError(ErrorCode.NOT_CACHED, rejection.message());
            case CANCELLED, SHUTTING_DOWN -> new ApiError(ErrorCode.SHUTTING_DOWN, rejection.message());
            case INTERNAL, UNKNOWN -> new ApiError(ErrorCode.INTERNAL_ERROR, "the request could not be scheduled");
        };
    }

    static Map<String, String> headers(ScheduleRejection rejection) {
        Map<String, String> headers = new HashMap<>();
        String dropped = droppedReason(rejection.reason());
        if (dropped != null) {
            headers.put(LlmdHeader.DROPPED_REASON.wireName(), dropped);
        }
        if (error(rejection).code().retry() == ErrorCode.Retry.YES) {
            headers.putAll(retryAfter(rejection.retryAfterMillis() > 0 ? rejection.retryAfterMillis() : 1_000));
        }
        return headers;
    }

    /** The words of llm-d; none for what is no lack of capacity. */
    private static @Nullable String droppedReason(ScheduleRejection.Reason reason) {
        return switch (reason) {
            case SATURATED, DENIED -> "rejected-saturated";
            case NO_ENDPOINTS -> NO_ENDPOINTS;
            case TTL_EXPIRED -> TTL_EXPIRED;
            case CANCELLED -> "rejected-context-cancelled";
            case SHUTTING_DOWN -> "rejected-shutting-down";
            case BAD_REQUEST, NOT_CACHED, INTERNAL, UNKNOWN -> null;
        };
    }

    /** What a client hears whose request had to end for a more important one. */
    static ApiError evicted() {
        return new ApiError(ErrorCode.SERVER_OVERLOADED, "the request was ended for a more important one");
    }

    static Map<String, String> evictedHeaders() {
        Map<String, String> headers = new HashMap<>(retryAfter(1_000));
        headers.put(LlmdHeader.DROPPED_REASON.wireName(), "evicted");
        return headers;
    }

    /** The gateway's own bound of the wait is over. */
    static ApiError queuedTooLong(boolean isPoolEmpty) {
        return isPoolEmpty
                ? new ApiError(ErrorCode.NO_ENDPOINTS, "the pool has no endpoint")
                : new ApiError(ErrorCode.SERVER_OVERLOADED, "the request waited too long for an endpoint");
    }

    static Map<String, String> queuedTooLongHeaders(boolean isPoolEmpty) {
        Map<String, String> headers = new HashMap<>(retryAfter(1_000));
        headers.put(LlmdHeader.DROPPED_REASON.wireName(), isPoolEmpty ? NO_ENDPOINTS : TTL_EXPIRED);
        return headers;
    }

    /** {@code retry-after} in whole seconds, rounded up, and the exact milliseconds. */
    static Map<String, String> retryAfter(long millis) {
        return Map.of(
                "retry-after", Long.toString(Math.max(1, (millis + 999) / 1_000)),
                "retry-after-ms", Long.toString(millis));
    }

    static ApiError error(Access.Reason reason) {
        return switch (reason) {
            case MISSING ->
                new ApiError(ErrorCode.INVALID_API_KEY, "no API key given (expected: Authorization: Bearer KEY)");
            case MALFORMED -> new ApiError(ErrorCode.INVALID_API_KEY, "the authorization header is no bearer token");
            case TOO_LONG -> new ApiError(ErrorCode.HEADERS_TOO_LARGE, "the API key is too long");
            case AMBIGUOUS -> new ApiError(ErrorCode.INVALID_HTTP, "more than one authorization header");
            case UNKNOWN -> new ApiError(ErrorCode.INVALID_API_KEY, "the API key is not valid");
            case EXPIRED -> new ApiError(ErrorCode.INVALID_API_KEY, "the API key has expired");
            case THROTTLED -> new ApiError(ErrorCode.RATE_LIMIT_EXCEEDED, "too many failed attempts from this address");
        };
    }

    static Map<String, String> headers(Access.Reason reason) {
        return reason == Access.Reason.THROTTLED ? Map.of("retry-after", THROTTLE_SECONDS) : Map.of();
    }
}
