package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Objects;

/**
 * Why a request got no endpoint.
 *
 * @param requestId id of the client request
 * @param reason what stood in the way
 * @param message one sentence for the client; never contains prompt text
 * @param retryAfterMillis when to try again; 0 when the scheduler has no advice
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ScheduleRejection(String requestId, Reason reason, String message, long retryAfterMillis)
        implements ScheduleOutcome {

    /** What stood in the way; each edge maps it to a status. */
    public enum Reason {
        /** Endpoints exist, none has capacity left. */
        SATURATED,
        /** The pool has no endpoint, or none is eligible. */
        NO_ENDPOINTS,
        /** The request waited as long as it may, although endpoints exist. */
        TTL_EXPIRED,
        /** The body or a header cannot be understood. */
        BAD_REQUEST,
        /** The request asked for cached decoding only and nothing is cached. */
        NOT_CACHED,
        /** An admission plugin denied the request. */
        DENIED,
        /** The scheduler is going down. */
        SHUTTING_DOWN,
        /** Whoever asked took the request back while it waited. */
        CANCELLED,
        /** A defect of the scheduler. */
        INTERNAL,
        /** A reason of a newer version. */
        @JsonEnumDefaultValue
        UNKNOWN
    }

    public ScheduleRejection {
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(message, "message");
        if (retryAfterMillis < 0) {
            throw new IllegalArgumentException("retryAfterMillis: " + retryAfterMillis + " (expected: >= 0)");
        }
    }
}
