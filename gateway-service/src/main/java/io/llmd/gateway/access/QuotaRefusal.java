package io.llmd.gateway.access;

import java.util.Objects;

/**
 * Why a request may not go on now.
 *
 * @param owner key or tenant whose limit it is
 * @param allowed the limit
 * @param waitNanos when the same request may go on, as far as this depends on time alone; else 0
 */
public record QuotaRefusal(Limit limit, String owner, long allowed, long waitNanos) implements QuotaDecision {

    /** Kinds of limits. */
    public enum Limit {
        REQUESTS,
        TOKENS,
        CONCURRENT,
        /** Tokens of a day or a month. */
        BUDGET
    }

    public QuotaRefusal {
        Objects.requireNonNull(limit, "limit");
        Objects.requireNonNull(owner, "owner");
    }
}
