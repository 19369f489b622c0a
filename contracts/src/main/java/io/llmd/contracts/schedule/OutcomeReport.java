package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of one attempt. An attempt is reported as {@link Phase#STARTED} at most once, when the endpoint's answer
 * begins, and as {@link Phase#ENDED} exactly once.
 *
 * @param requestId id of the client request
 * @param leaseId the decision's lease
 * @param endpointId endpoint that the attempt went to
 * @param phase how far the attempt is
 * @param cause why it ended; {@link Cause#NONE} while it has not
 * @param status HTTP status of the endpoint, 0 when it sent none
 * @param usage tokens as the endpoint counted them; {@link TokenUsage#UNKNOWN} when it did not say
 * @param timeToFirstTokenMicros from sending the request to the first body byte, 0 when there was none
 * @param durationMicros from sending the request to the end, 0 while it has not ended
 * @param fallback why the answering endpoint computed the prompt although the decision named another one for it; absent if
 *     it did not
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record OutcomeReport(
        String requestId,
        long leaseId,
        String endpointId,
        Phase phase,
        Cause cause,
        int status,
        TokenUsage usage,
        long timeToFirstTokenMicros,
        long durationMicros,
        @Nullable String fallback) {

    /** How far an attempt is. */
    public enum Phase {
        STARTED,
        ENDED,
        /** A phase of a newer version; readers ignore the report. */
        @JsonEnumDefaultValue
        UNKNOWN
    }

    /** Why an attempt ended. */
    public enum Cause {
        NONE,
        /** The endpoint's answer is complete. */
        NATURAL,
        /** The client went away. */
        CLIENT_DISCONNECT,
        /** The scheduler revoked the request. */
        EVICTED,
        /** The endpoint could not be reached, refused, broke off or took too long. */
        ERROR,
        /** A cause of a newer version; counts as an error. */
        @JsonEnumDefaultValue
        UNKNOWN
    }

    public OutcomeReport {
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(endpointId, "endpointId");
        Objects.requireNonNull(phase, "phase");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(usage, "usage");
    }

    /** Of an attempt that went as decided. */
    public OutcomeReport(
            String requestId,
            long leaseId,
            String endpointId,
            Phase phase,
            Cause cause,
            int status,
            TokenUsage usage,
            long timeToFirstTokenMicros,
            long durationMicros) {
        this(requestId, leaseId, endpointId, phase, cause, status, usage, timeToFirstTokenMicros, durationMicros, null);
    }
}
