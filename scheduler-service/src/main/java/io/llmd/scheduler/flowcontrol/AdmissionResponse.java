package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.flowcontrol.Admission.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told of a request that was not dispatched, as llm-d v0.10 does.
 *
 * @param status HTTP status
 * @param droppedReason value of {@code x-llm-d-request-dropped-reason}, null for none
 */
public record AdmissionResponse(int status, @Nullable String droppedReason) {

    /** A running request was ended for a more important one. */
    public static final AdmissionResponse REVOKED = new AdmissionResponse(429, "evicted");

    /** The pool or a queue is full. */
    public static final AdmissionResponse SATURATED = new AdmissionResponse(429, "rejected-saturated");

    /** There is no endpoint. */
    public static final AdmissionResponse NO_ENDPOINTS = new AdmissionResponse(503, "rejected-no-endpoints");

    private static final AdmissionResponse TTL_EXPIRED = new AdmissionResponse(429, "rejected-ttl-expired");
    private static final AdmissionResponse CANCELLED = new AdmissionResponse(503, "rejected-context-cancelled");
    private static final AdmissionResponse SHUTTING_DOWN = new AdmissionResponse(503, "rejected-shutting-down");
    private static final AdmissionResponse FAILED = new AdmissionResponse(500, null);

    /** The answer for a reason. */
    public static AdmissionResponse of(Reason reason) {
        return switch (reason) {
            case SATURATED, QUEUE_FULL -> SATURATED;
            case TTL_EXPIRED -> TTL_EXPIRED;
            case TTL_EXPIRED_WITHOUT_ENDPOINTS, NO_ENDPOINTS -> NO_ENDPOINTS;
            case CANCELLED -> CANCELLED;
            case SHUTTING_DOWN -> SHUTTING_DOWN;
            case FAILED -> FAILED;
        };
    }

    /** Name of an outcome in llm-d's meters. */
    public static String outcomeName(Admission admission) {
        return switch (admission) {
            case Admission.Dispatched dispatched -> "Dispatched";
            case Admission.Rejected rejected ->
                switch (rejected.reason()) {
                    case SATURATED, QUEUE_FULL -> "RejectedCapacity";
                    case NO_ENDPOINTS -> "RejectedNoEndpoints";
                    case TTL_EXPIRED, TTL_EXPIRED_WITHOUT_ENDPOINTS, CANCELLED, SHUTTING_DOWN, FAILED ->
                        "RejectedOther";
                };
            case Admission.Evicted evicted ->
                switch (evicted.reason()) {
                    case TTL_EXPIRED, TTL_EXPIRED_WITHOUT_ENDPOINTS -> "EvictedTTL";
                    case NO_ENDPOINTS -> "EvictedNoEndpoints";
                    case CANCELLED -> "EvictedContextCancelled";
                    case SATURATED, QUEUE_FULL, SHUTTING_DOWN, FAILED -> "EvictedOther";
                };
        };
    }
}
