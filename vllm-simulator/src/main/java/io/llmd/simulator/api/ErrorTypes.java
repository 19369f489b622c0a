package io.llmd.simulator.api;

/** The {@code type} that vLLM gives to an HTTP status. */
public final class ErrorTypes {
    private ErrorTypes() {}

    public static String of(int status) {
        return switch (status) {
            case 400 -> "BadRequestError";
            case 401 -> "AuthenticationError";
            case 404 -> "NotFoundError";
            case 405 -> "MethodNotAllowedError";
            case 422 -> "UnprocessableEntityError";
            case 429 -> "TooManyRequestsError";
            case 501 -> "NotImplementedError";
            case 503 -> "ServiceUnavailableError";
            default -> status < 500 ? "BadRequestError" : "InternalServerError";
        };
    }
}
