package io.llmd.simulator.api;

import org.jspecify.annotations.Nullable;

/** A request that gets an error answer; carries no stack trace, for it is an expected outcome. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final @Nullable String param;

    public ApiException(int status, String type, String message, @Nullable String param) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
    }

    public static ApiException badRequest(String message, @Nullable String param) {
        return new ApiException(400, "BadRequestError", message, param);
    }

    public static ApiException notFound(String message, @Nullable String param) {
        return new ApiException(404, "NotFoundError", message, param);
    }

    public int status() {
        return status;
    }

    public String type() {
        return type;
    }

    @Nullable
    public String param() {
        return param;
    }

    public String text() {
        String message = getMessage();
        return message == null ? type : message;
    }
}
