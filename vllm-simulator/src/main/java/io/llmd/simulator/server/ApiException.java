package io.llmd.simulator.server;

import org.jspecify.annotations.Nullable;

/** A request that gets an error answer; carries no stack trace, for it is an expected outcome. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final @Nullable String param;

    ApiException(int status, String type, String message, @Nullable String param) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
    }

    static ApiException badRequest(String message, @Nullable String param) {
        return new ApiException(400, "BadRequestError", message, param);
    }

    static ApiException notFound(String message, @Nullable String param) {
        return new ApiException(404, "NotFoundError", message, param);
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    @Nullable
    String param() {
        return param;
    }

    String text() {
        String message = getMessage();
        return message == null ? type : message;
    }
}
