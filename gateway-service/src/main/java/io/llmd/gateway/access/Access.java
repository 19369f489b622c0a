package io.llmd.gateway.access;

/** Whether a request may enter; exactly one per request. */
public sealed interface Access {

    /** It may. */
    record Granted(ApiKey key) implements Access {}

    /** It may not. */
    record Denied(Reason reason) implements Access {}

    /** Why a request may not enter. */
    enum Reason {
        /** No authorization header: 401. */
        MISSING,
        /** A header that is no bearer token: 401. */
        MALFORMED,
        /** A token of more than 4 KiB: 431. */
        TOO_LONG,
        /** More than one authorization header: 400. */
        AMBIGUOUS,
        /** No such key: 401. */
        UNKNOWN,
        /** The key has expired: 401. */
        EXPIRED,
        /** A token of the identity provider that is over, or for somebody else, or lacks a claim: 401. */
        NOT_GOOD_HERE,
        /** A token whose key is not known yet, and is asked for: 503, to be tried again soon. */
        UNAVAILABLE,
        /** Too many failures from this client address: 429, to be tried again after a minute. */
        THROTTLED
    }
}
