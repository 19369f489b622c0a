package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.AttemptFailure;
import java.util.Locale;

/** Why the endpoint that answers computed the prompt of a request itself, although the decision named another one for it. */
public enum FallbackReason {
    /** The answer needs more of the prompt's computation than KV blocks, or there is nothing to generate after it. */
    NOT_SPLITTABLE,
    /** The named endpoint is not in the pool, or not one for prefill. */
    PREFILL_UNKNOWN,
    /** Both endpoints run different versions. */
    NO_COMPATIBLE_PREFILL,
    /** The two endpoints failed together repeatedly. */
    PAIR_QUARANTINED,
    /** Too many handoffs of the prefill endpoint are under way. */
    PREFILL_BUSY,
    /** The decode endpoint would not get to the request while the blocks are held for it. */
    DECODE_QUEUE,
    /** No connection to the prefill endpoint. */
    PREFILL_UNREACHABLE,
    /** The prefill endpoint answered with an error, or broke off. */
    PREFILL_FAILED,
    /** The prefill endpoint did not answer in time. */
    PREFILL_TIMEOUT,
    /** The prefill endpoint's answer does not say where the blocks are. */
    HANDOFF_MISSING,
    /** The prefill endpoint's answer is not JSON. */
    HANDOFF_UNREADABLE,
    /** The prefill endpoint's answer is larger than allowed. */
    HANDOFF_TOO_LARGE,
    /** The blocks are said to be at a loopback address, which means the decode endpoint itself. */
    HANDOFF_LOOPBACK,
    /** The blocks are said to be at a host that is none of the pool. */
    HANDOFF_FOREIGN,
    /** The decode endpoint failed with the blocks, so that another attempt does without. */
    DECODE_FAILED;

    private final String wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** Why there is no answer of a prefill leg. */
    static FallbackReason of(AttemptFailure failure) {
        return switch (failure) {
            case CONNECT -> PREFILL_UNREACHABLE;
            case FIRST_BYTE_TIMEOUT -> PREFILL_TIMEOUT;
            case RESET, UNAVAILABLE, SERVER_ERROR, HANDOFF, ENDPOINT_REMOVED, PROTOCOL -> PREFILL_FAILED;
        };
    }

    /** Value of the response header and of the tag {@code reason}. */
    public String wireName() {
        return wireName;
    }
}
