package io.llmd.gateway.dispatch;

/** How an attempt failed before the first byte went to the client; decides who may be tried next. */
public enum AttemptFailure {
    /** Refused, unreachable, unresolved or not connected in time; the endpoint has seen nothing. */
    CONNECT(true, false, "connect"),
    /** The connection broke after the request was sent and before any byte of an answer's body. */
    RESET(true, true, "reset"),
    /** The endpoint answered 429 or 503. */
    UNAVAILABLE(true, false, "status"),
    /** The endpoint answered 500, 502 or 504. */
    SERVER_ERROR(true, true, "status"),
    /** No byte of an answer in time. */
    FIRST_BYTE_TIMEOUT(true, true, "timeout"),
    /** The endpoint left the pool while the request waited for its first byte. */
    ENDPOINT_REMOVED(true, false, "removed"),
    /** What came is no HTTP, or larger than allowed. */
    PROTOCOL(false, false, "protocol");

    private final boolean otherEndpoint;
    private final boolean onlyOnce;
    private final String result;

    AttemptFailure(boolean otherEndpoint, boolean onlyOnce, String result) {
        this.otherEndpoint = otherEndpoint;
        this.onlyOnce = onlyOnce;
        this.result = result;
    }

    /** Whether another endpoint may be tried. */
    public boolean allowsOtherEndpoint() {
        return otherEndpoint;
    }

    /** Whether a second failure of such a kind ends the request. */
    public boolean isOnlyOnce() {
        return onlyOnce;
    }

    /** Value of the tag {@code result} of the attempts meter. */
    public String result() {
        return result;
    }
}
