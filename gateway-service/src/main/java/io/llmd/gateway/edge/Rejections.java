package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.QuotaRefusal;
import io.llmd.openai.ApiError;
import io.llmd.openai.RejectionAnswer;
import java.util.HashMap;
import java.util.Map;

/** Maps the reasons of access control and of the gateway itself to what clients see. */
final class Rejections {

    private static final String THROTTLE_SECONDS = "60";

    private Rejections() {}

    /** The gateway's own bound of the wait is over. */
    static ApiError queuedTooLong(boolean isPoolEmpty) {
        return isPoolEmpty
                ? new ApiError(ErrorCode.NO_ENDPOINTS, "the pool has no endpoint")
                : new ApiError(ErrorCode.SERVER_OVERLOADED, "the request waited too long for an endpoint");
    }

    static Map<String, String> queuedTooLongHeaders(boolean isPoolEmpty) {
        Map<String, String> headers = new HashMap<>(RejectionAnswer.retryAfter(1_000));
        headers.put(
                LlmdHeader.DROPPED_REASON.wireName(),
                isPoolEmpty ? RejectionAnswer.NO_ENDPOINTS : RejectionAnswer.TTL_EXPIRED);
        return headers;
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
            case NOT_GOOD_HERE ->
                new ApiError(ErrorCode.INVALID_API_KEY, "the token has expired, or is not for this service");
            case UNAVAILABLE -> new ApiError(ErrorCode.AUTH_UNAVAILABLE, "the token cannot be checked yet");
            case THROTTLED -> new ApiError(ErrorCode.RATE_LIMIT_EXCEEDED, "too many failed attempts from this address");
        };
    }

    static ApiError error(QuotaRefusal refusal) {
        String owner = refusal.owner();
        long allowed = refusal.allowed();
        return switch (refusal.limit()) {
            case REQUESTS -> limited(owner + ": more than " + allowed + " requests per minute");
            case TOKENS -> limited(owner + ": more than " + allowed + " tokens per minute");
            case CONCURRENT -> limited(owner + ": more than " + allowed + " requests at the same time");
            case BUDGET ->
                new ApiError(
                        ErrorCode.INSUFFICIENT_QUOTA,
                        owner + ": the budget of " + allowed
                                + " tokens is used up, or what is left is less than this request may need");
        };
    }

    private static ApiError limited(String message) {
        return new ApiError(ErrorCode.RATE_LIMIT_EXCEEDED, message);
    }

    static Map<String, String> headers(QuotaRefusal refusal) {
        return switch (refusal.limit()) {
            case REQUESTS, TOKENS -> RejectionAnswer.retryAfter(Math.ceilDiv(refusal.waitNanos(), 1_000_000L));
            case CONCURRENT -> RejectionAnswer.retryAfter(1_000);
            case BUDGET -> Map.of("x-should-retry", "false");
        };
    }

    static Map<String, String> headers(Access.Reason reason) {
        return switch (reason) {
            case THROTTLED -> Map.of("retry-after", THROTTLE_SECONDS);
            case UNAVAILABLE -> RejectionAnswer.retryAfter(1_000);
            case MISSING, MALFORMED, TOO_LONG, AMBIGUOUS, UNKNOWN, EXPIRED, NOT_GOOD_HERE -> Map.of();
        };
    }
}
