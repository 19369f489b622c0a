package io.llmd.gateway.observe;

/** How a request ended; exactly one per request. */
public enum RequestOutcome {
    /** The answer is complete. */
    NATURAL("natural"),
    /** The client went away. */
    CLIENT_DISCONNECT("client-disconnect"),
    /** The client did not read its answer. */
    CLIENT_SLOW("client-slow"),
    /** An endpoint or the gateway failed. */
    ERROR("error"),
    /** The scheduler ended it for a more important one. */
    EVICTED("evicted"),
    /** It was refused before any endpoint was asked. */
    REFUSED("refused");

    private final String tagValue;

    RequestOutcome(String tagValue) {
        this.tagValue = tagValue;
    }

    /** Value of the tag {@code outcome}. */
    public String tagValue() {
        return tagValue;
    }
}
