package io.llmd.gateway.access;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The account of one key or tenant, without limits until {@link #allow} names some. Thread-safe. */
final class Quota {

    /** A clock that was set back comes to a period again, whose count must be there still; those near the present are kept. */
    private static final int KEPT_WINDOWS = 3;

    private final String owner;
    private final double burstSeconds;
    private final TreeMap<Long, Long> used;
    private Allowance allowance = Allowance.UNLIMITED;
    private @Nullable RateBucket requests;
    private @Nullable RateBucket tokens;
    private int concurrent;
    private long reserved;
    private boolean retired;

    /**
     * @param owner key or tenant, for messages
     * @param burstSeconds what flows in within this time may be used at once
     * @param used tokens by period of the budget, of this gateway's former lives
     */
    Quota(String owner, double burstSeconds, Map<Long, Long> used) {
        this.owner = owner;
        this.burstSeconds = burstSeconds;
        this.used = new TreeMap<>(used);
    }

    /** What holds from now on; what is under way and what was used still counts. */
    synchronized void allow(Allowance next, long nowNanos) {
        if (next.equals(allowance)) {
            return;
        }
        requests = bucket(requests, next.requestsPerMinute(), nowNanos);
        tokens = bucket(tokens, next.tokensPerMinute(), nowNanos);
        allowance = next;
    }

    /**
     * Ends this account where a new one would say the same: nothing is under way, rates are full, and the budget's period has
     * no use.
     *
     * @return whether it is over
     */
    synchronized boolean retire(long nowNanos, Instant now) {
        retired = concurrent == 0
                && (requests == null || requests.isFull(nowNanos))
                && (tokens == null || tokens.isFull(nowNanos))
                && used.keySet().stream().noneMatch(window -> Budget.isRecent(window, now));
        return retired;
    }

    synchronized boolean isRetired() {
        return retired;
    }

    private @Nullable RateBucket bucket(@Nullable RateBucket former, long perMinute, long nowNanos) {
        if (perMinute == 0) {
            return null;
        }
        if (former == null) {
            return new RateBucket(perMinute, burstSeconds, nowNanos);
        }
        return former.perMinute() == perMinute ? former : former.withRate(perMinute, burstSeconds, nowNanos);
    }

    /**
     * Takes one request and its tokens.
     *
     * @param amount tokens that it may need at most
     * @return why not; {@code null} when it is taken
     */
    synchronized @Nullable QuotaRefusal reserve(long amount, long nowNanos, Instant now) {
        if (allowance.concurrent() > 0 && concurrent >= allowance.concurrent()) {
            return new QuotaRefusal(QuotaRefusal.Limit.CONCURRENT, owner, allowance.concurrent(), 0);
        }
        if (requests != null && requests.waitNanos(1, nowNanos) > 0) {
            return new QuotaRefusal(
                    QuotaRefusal.Limit.REQUESTS, owner, requests.perMinute(), requests.waitNanos(1, nowNanos));
        }
        if (tokens != null && tokens.waitNanos(amount, nowNanos) > 0) {
            return new QuotaRefusal(
                    QuotaRefusal.Limit.TOKENS, owner, tokens.perMinute(), tokens.waitNanos(amount, nowNanos));
        }
        Budget budget = allowance.budget();
        if (budget != null && used(budget.window(now)) + reserved + amount > budget.tokens()) {
            return new QuotaRefusal(QuotaRefusal.Limit.BUDGET, owner, budget.tokens(), 0);
        }
        concurrent++;
        reserved += amount;
        take(1, amount, nowNanos);
        return null;
    }

    private void take(double requestCount, double tokenCount, long nowNanos) {
        if (requests != null) {
            requests.take(requestCount, nowNanos);
        }
        if (tokens != null) {
            tokens.take(tokenCount, nowNanos);
        }
    }

    /** A request that was taken shall not have been. */
    synchronized void undo(long amount, long nowNanos) {
        concurrent--;
        reserved -= amount;
        take(-1, -amount, nowNanos);
    }

    /** A request is over. */
    synchronized void settle(long amount, long usedTokens, long nowNanos, Instant now) {
        concurrent--;
        reserved -= amount;
        take(0, (double) usedTokens - amount, nowNanos);
        Budget budget = allowance.budget();
        if (budget != null && usedTokens > 0) {
            long window = budget.window(now);
            used.merge(window, usedTokens, Long::sum);
            while (used.size() > KEPT_WINDOWS) {
                boolean isFirstFarther = window - used.firstKey() >= used.lastKey() - window;
                used.remove(isFirstFarther ? used.firstKey() : used.lastKey());
            }
        }
    }

    private long used(long window) {
        return used.getOrDefault(window, 0L);
    }

    /** Tokens used by period of the budget. */
    synchronized Map<Long, Long> used() {
        return Map.copyOf(used);
    }

    /** Share of the budget that is left, from 0 to 1; 1 without a budget. */
    synchronized double budgetLeft(Instant now) {
        Budget budget = allowance.budget();
        return budget == null ? 1 : Math.clamp(1 - (double) used(budget.window(now)) / budget.tokens(), 0, 1);
    }

    /** Writes what is left of the rates, where that is less than what is there. */
    synchronized void describe(RateStatus status, long nowNanos) {
        if (requests != null) {
            requests.take(0, nowNanos);
            status.requests(requests);
        }
        if (tokens != null) {
            tokens.take(0, nowNanos);
            status.tokens(tokens);
        }
    }
}
