package io.llmd.openai;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRejection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What clients see of a request that got no endpoint. */
public final class RejectionAnswer {

    /** Value of the reason header of a request that waited too long. */
    public static final String TTL_EXPIRED = "rejected-ttl-expired";

    /** The same of one for which there is no endpoint. */
    public static final String NO_ENDPOINTS = "rejected-no-endpoints";

    private RejectionAnswer() {}

    /** Status, code and message. */
    public static ApiError error(ScheduleRejection rejection) {
        return switch (rejection.reason()) {
            case SATURATED, DENIED, TTL_EXPIRED -> new ApiError(ErrorCode.SERVER_OVERLOADED, rejection.message());
            case NO_ENDPOINTS -> new ApiError(ErrorCode.NO_ENDPOINTS, rejection.message());
            case BAD_REQUEST -> new ApiError(ErrorCode.INVALID_VALUE, rejection.message());
            case NOT_CACHED -> new ApiError(ErrorCode.NOT_CACHED, rejection.message());
            case CANCELLED, SHUTTING_DOWN -> new ApiError(ErrorCode.SHUTTING_DOWN, rejection.message());
            case INTERNAL, UNKNOWN -> new ApiError(ErrorCode.INTERNAL_ERROR, "the request could not be scheduled");
        };
    }

    /** The reason in the words of llm-d, and when to try again. */
    public static Map<String, String> headers(ScheduleRejection rejection) {
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

    /** None for what is no lack of capacity. */
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
    public static ApiError evicted() {
        return new ApiError(ErrorCode.SERVER_OVERLOADED, "the request was ended for a more important one");
    }

    /** The reason of the same, and when to try again. */
    public static Map<String, String> evictedHeaders() {
        Map<String, String> headers = new HashMap<>(retryAfter(1_000));
        headers.put(LlmdHeader.DROPPED_REASON.wireName(), "evicted");
        return headers;
    }

    /** {@code retry-after} in whole seconds, rounded up, and the exact milliseconds. */
    public static Map<String, String> retryAfter(long millis) {
        return Map.of(
                "retry-after", Long.toString(Math.max(1, (millis + 999) / 1_000)),
                "retry-after-ms", Long.toString(millis));
    }
}
