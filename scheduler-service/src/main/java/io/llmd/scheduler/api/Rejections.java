package io.llmd.scheduler.api;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRejection.Reason;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;

/** Maps the reasons of all steps to what doors are told, one row each. */
final class Rejections {

    private static final long RETRY_AFTER_MILLIS = 1000;

    private Rejections() {}

    /** Filters that left nobody tell of a full pool, unless whoever asks has kept endpoints from them. */
    static ScheduleRejection of(ScheduleRequest request, SchedulingOutcome.Rejected rejected) {
        Reason reason = switch (rejected.reason()) {
            case NO_ENDPOINTS -> Reason.NO_ENDPOINTS;
            case SATURATED -> request.excludedEndpoints().isEmpty() ? Reason.SATURATED : Reason.NO_ENDPOINTS;
            case DENIED -> Reason.DENIED;
            case BAD_REQUEST -> Reason.BAD_REQUEST;
            case NOT_CACHED -> Reason.NOT_CACHED;
            case FAILED -> Reason.INTERNAL;
        };
        return of(request, reason, rejected.message());
    }

    static ScheduleRejection of(ScheduleRequest request, Admission.Reason admission, Duration retryAfter) {
        Reason reason = switch (admission) {
            case SATURATED, QUEUE_FULL -> Reason.SATURATED;
            case TTL_EXPIRED -> Reason.TTL_EXPIRED;
            case TTL_EXPIRED_WITHOUT_ENDPOINTS, NO_ENDPOINTS -> Reason.NO_ENDPOINTS;
            case CANCELLED -> Reason.CANCELLED;
            case SHUTTING_DOWN -> Reason.SHUTTING_DOWN;
            case FAILED -> Reason.INTERNAL;
        };
        String message = switch (admission) {
            case SATURATED -> "the pool is full";
            case QUEUE_FULL -> "too many requests wait for an endpoint";
            case TTL_EXPIRED -> "the request waited too long for a free endpoint";
            case TTL_EXPIRED_WITHOUT_ENDPOINTS, NO_ENDPOINTS -> "the pool has no endpoint";
            case CANCELLED -> "the request was withdrawn";
            case SHUTTING_DOWN -> "the scheduler is going down";
            case FAILED -> "the scheduler failed to queue the request";
        };
        long millis = retryAfter.isZero() ? defaultRetryAfter(reason) : Math.max(1, retryAfter.toMillis());
        return new ScheduleRejection(request.requestId(), reason, message, millis);
    }

    static ScheduleRejection of(ScheduleRequest request, Reason reason, String message) {
        return new ScheduleRejection(request.requestId(), reason, message, defaultRetryAfter(reason));
    }

    static ScheduleRejection notCached(ScheduleRequest request) {
        return of(
                request,
                Reason.NOT_CACHED,
                "no endpoint holds a prefix of the prompt (" + LlmdHeader.PREFER.wireName() + ": if-available)");
    }

    private static long defaultRetryAfter(Reason reason) {
        return switch (reason) {
            case BAD_REQUEST, NOT_CACHED, CANCELLED -> 0;
            case SATURATED, NO_ENDPOINTS, TTL_EXPIRED, DENIED, SHUTTING_DOWN, INTERNAL, UNKNOWN -> RETRY_AFTER_MILLIS;
        };
    }
}
