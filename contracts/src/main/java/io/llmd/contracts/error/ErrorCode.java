package io.llmd.contracts.error;

/**
 * A refusal or failure as clients see it: HTTP status, OpenAI error {@code type} and {@code code}.
 *
 * <p>The same codes travel between the services as {@code code} of a problem document (RFC 9457).
 */
public enum ErrorCode {
    INVALID_JSON(400, Type.INVALID_REQUEST, Retry.NO),
    DUPLICATE_FIELD(400, Type.INVALID_REQUEST, Retry.NO),
    JSON_LIMIT_EXCEEDED(400, Type.INVALID_REQUEST, Retry.NO),
    INVALID_UNICODE(400, Type.INVALID_REQUEST, Retry.NO),
    MISSING_REQUIRED_PARAMETER(400, Type.INVALID_REQUEST, Retry.NO),
    INVALID_VALUE(400, Type.INVALID_REQUEST, Retry.NO),
    UNSUPPORTED_VALUE(400, Type.INVALID_REQUEST, Retry.NO),
    INVALID_HTTP(400, Type.INVALID_REQUEST, Retry.NO),
    CONTEXT_LENGTH_EXCEEDED(400, Type.INVALID_REQUEST, Retry.NO),
    INVALID_API_KEY(401, Type.INVALID_REQUEST, Retry.NO),
    PERMISSION_DENIED(403, Type.INVALID_REQUEST, Retry.NO),
    MODEL_NOT_FOUND(404, Type.INVALID_REQUEST, Retry.NO),
    UNKNOWN_URL(404, Type.INVALID_REQUEST, Retry.NO),
    METHOD_NOT_ALLOWED(405, Type.INVALID_REQUEST, Retry.NO),
    REQUEST_TIMEOUT(408, Type.INVALID_REQUEST, Retry.YES),
    NOT_CACHED(412, Type.INVALID_REQUEST, Retry.NO),
    PAYLOAD_TOO_LARGE(413, Type.INVALID_REQUEST, Retry.NO),
    URI_TOO_LONG(414, Type.INVALID_REQUEST, Retry.NO),
    UNSUPPORTED_MEDIA_TYPE(415, Type.INVALID_REQUEST, Retry.NO),
    HEADERS_TOO_LARGE(431, Type.INVALID_REQUEST, Retry.NO),
    RATE_LIMIT_EXCEEDED(429, Type.RATE_LIMIT, Retry.YES),
    INSUFFICIENT_QUOTA(429, Type.INSUFFICIENT_QUOTA, Retry.NO),
    SERVER_OVERLOADED(429, Type.RATE_LIMIT, Retry.YES),
    INTERNAL_ERROR(500, Type.SERVER, Retry.YES),
    UPSTREAM_ERROR(502, Type.SERVER, Retry.YES),
    UPSTREAM_INCOMPLETE(502, Type.SERVER, Retry.YES),
    AUTH_UNAVAILABLE(503, Type.SERVER, Retry.YES),
    NO_ENDPOINTS(503, Type.SERVER, Retry.YES),
    SHUTTING_DOWN(503, Type.SERVER, Retry.YES),
    UPSTREAM_TIMEOUT(504, Type.SERVER, Retry.YES);

    /** The OpenAI error types in use. */
    public enum Type {
        INVALID_REQUEST("invalid_request_error"),
        RATE_LIMIT("rate_limit_error"),
        INSUFFICIENT_QUOTA("insufficient_quota"),
        SERVER("server_error");

        private final String wireName;

        Type(String wireName) {
            this.wireName = wireName;
        }

        /** Value of the member {@code type}. */
        public String wireName() {
            return wireName;
        }
    }

    /** Whether a client may send the same request again. */
    public enum Retry {
        YES,
        NO
    }

    private final int status;
    private final Type type;
    private final Retry retry;
    private final String wireName;

    ErrorCode(int status, Type type, Retry retry) {
        this.status = status;
        this.type = type;
        this.retry = retry;
        this.wireName = name().toLowerCase(java.util.Locale.ROOT);
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** OpenAI error type. */
    public Type type() {
        return type;
    }

    /** Whether a client may send the same request again. */
    public Retry retry() {
        return retry;
    }

    /** Value of the member {@code code}. */
    public String wireName() {
        return wireName;
    }
}
