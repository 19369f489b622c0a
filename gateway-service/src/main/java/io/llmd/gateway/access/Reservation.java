package io.llmd.gateway.access;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** What one request has taken of the quotas of its key and tenant, until it is over. Thread-safe. */
public final class Reservation implements QuotaDecision {

    /** Of a request that nothing limits. */
    public static final Reservation NONE = new Reservation(List.of(), 0);

    private final List<Quota> quotas;
    private final long amount;
    private final AtomicBoolean isSettled = new AtomicBoolean();

    Reservation(List<Quota> quotas, long amount) {
        this.quotas = quotas;
        this.amount = amount;
    }

    /**
     * The request is over; only the first call counts.
     *
     * @param usedTokens prompt and generated tokens, 0 when no endpoint worked for it
     */
    public void settle(long usedTokens, long nowNanos, Instant now) {
        if (!quotas.isEmpty() && isSettled.compareAndSet(false, true)) {
            for (Quota quota : quotas) {
                quota.settle(amount, usedTokens, nowNanos, now);
            }
        }
    }
}
