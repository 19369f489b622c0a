package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleRejection;

/** Names of errors in meters, as llm-d has them. */
public final class ErrorCodes {

    /** The endpoint answered with an error or not at all. */
    public static final String MODEL_SERVER = "ModelServerError";

    private ErrorCodes() {}

    /** The name of a rejection. */
    public static String of(ScheduleRejection.Reason reason) {
        return switch (reason) {
            case BAD_REQUEST -> "BadRequest";
            case NOT_CACHED -> "PreconditionFailed";
            case SATURATED, DENIED, TTL_EXPIRED -> "ResourceExhausted";
            case NO_ENDPOINTS, SHUTTING_DOWN, CANCELLED -> "ServiceUnavailable";
            case INTERNAL, UNKNOWN -> "Internal";
        };
    }
}
