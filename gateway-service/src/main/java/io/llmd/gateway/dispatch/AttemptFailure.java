package io.llmd.gateway.dispatch;

/** How an attempt failed before the first byte went to the client; decides who may be tried next. */
public enum AttemptFailure {
    /** Refused, unreachable, unresolved or not connected in time; the endpoint has seen nothing. */
    CONNECT(true, false, true, "connect"),
    /** The connection broke after the request was sent and before any byte of an answer's body. */
    RESET(true, true, true, "reset"),
    /** The endpoint answered 429 or 503. */
    UNAVAILABLE(true, false, false, "status"),
    /** The endpoint answered 500, 502 or 504. */
    SERVER_ERROR(true, true, false, "status"),
    /** No byte of an answer in time. */
    FIRST_BYTE_TIMEOUT(true, true, false, "timeout"),
    /** The endpoint could not use the KV blocks that another one had made for it; without them it could serve. */
    HANDOFF(true, true, false, "handoff"),
    /** The endpoint left the pool while the request waited for its first byte. */
    ENDPOINT_REMOVED(true, false, true, "removed"),
    /** What came is no HTTP, or larger than allowed. */
    PROTOCOL(false, false, false, "protocol");

    private final boolean otherEndpoint;
    private final boolean onlyOnce;
    private final boolean endpointLost;
    private final String result;

    AttemptFailure(boolean otherEndpoint, boolean onlyOnce, boolean endpointLost, String result) {
        this.otherEndpoint = otherEndpoint;
        this.onlyOnce = onlyOnce;
        this.endpointLost = endpointLost;
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

    /** Whether the endpoint went away and with it the work of the attempt, so that another attempt adds no load. */
    public boolean isEndpointLost() {
        return endpointLost;
    }

    /** Value of the tag {@code result} of the attempts meter. */
    public String result() {
        return result;
    }
}
