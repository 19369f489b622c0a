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

    /** A request that cannot be served as it is; the message is told as given. */
    public static ApiException badRequest(String message, @Nullable String param) {
        return new ApiException(400, "BadRequestError", message, param);
    }

    /** A parameter with a value that is refused; the message is followed by the parameter's name. */
    public static ApiException parameter(String message, String parameter) {
        return badRequest(message + " (parameter=" + parameter + ")", parameter);
    }

    /** A parameter whose value is refused; the message is followed by the parameter's name and the value. */
    public static ApiException parameter(String message, String parameter, Object value) {
        return badRequest(message + " (parameter=" + parameter + ", value=" + PythonText.str(value) + ")", parameter);
    }

    /** A body that has not the fields that the endpoint reads. */
    public static ApiException invalidBody(String message, @Nullable String param) {
        return new ApiException(400, "Bad Request", message, param);
    }

    /** Something that went wrong here. */
    public static ApiException internal() {
        return new ApiException(500, "InternalServerError", "Internal server error", null);
    }

    public static ApiException notFound(String message, @Nullable String param) {
        return new ApiException(404, "NotFoundError", message, param);
    }

    /** An answer of the HTTP layer; its type is the phrase of the status. */
    public static ApiException http(int status, String phrase) {
        return new ApiException(status, phrase, phrase, null);
    }

    /** Whether the body has not the fields that the endpoint reads. */
    public boolean isOfBody() {
        return type.equals("Bad Request");
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
