package io.llmd.gateway.access;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits of keys and tenants. What a request may need at most is taken before it is sent anywhere, so that requests at the same
 * time cannot use more than there is; when it is over, what it really used takes that place. Thread-safe.
 *
 * @implNote one account for each key and tenant of the key file that has limits and was seen
 */
public final class Quotas {

    private static final String TENANT = "tenant ";
    private static final String KEY = "key ";

    private final double burstSeconds;
    private final int gateways;
    private final BiConsumer<String, DoubleSupplier> newBudget;
    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private final Map<String, Map<Long, Long>> formerUse;
    private final ConcurrentHashMap<String, Quota> accounts = new ConcurrentHashMap<>();
    private final Set<String> withBudget = ConcurrentHashMap.newKeySet();

    /**
     * @param burst what flows in within this time may be used at once
     * @param gateways gateways that share the clients, each of which keeps to its part of every limit
     * @param newBudget hears once of each tenant that has a budget, and of the share that is left of it, from 0 to 1
     * @param formerUse tokens by account and period, as {@link #use} gave them when a former process ended
     * @param nanoTime monotonic time for rates, as {@link System#nanoTime}
     * @param clock calendar for budgets
     */
    public Quotas(
            Duration burst,
            int gateways,
            BiConsumer<String, DoubleSupplier> newBudget,
            Map<String, Map<Long, Long>> formerUse,
            LongSupplier nanoTime,
            InstantSource clock) {
        if (gateways < 1) {
            throw new IllegalArgumentException("gateways: " + gateways + " (expected: at least 1)");
        }
        burstSeconds = burst.toNanos() / 1e9;
        this.gateways = gateways;
        this.newBudget = Objects.requireNonNull(newBudget, "newBudget");
        this.formerUse = Map.copyOf(formerUse);
        this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /**
     * Takes one request of a key.
     *
     * @param tokens prompt and generated tokens that it may need at most
     */
    public QuotaDecision reserve(ApiKey key, long tokens) {
        if (key.allowance().isUnlimited() && key.tenantAllowance().isUnlimited()) {
            return Reservation.NONE;
        }
        long nowNanos = nanoTime.getAsLong();
        Instant now = clock.instant();
        List<Quota> taken = new ArrayList<>(2);
        if (key.tenantAllowance().budget() != null && withBudget.add(key.tenant())) {
            newBudget.accept(key.tenant(), () -> budgetLeft(key.tenant()));
        }
        QuotaRefusal refusal = take(KEY + key.id(), key.allowance(), tokens, nowNanos, now, taken);
        if (refusal == null) {
            refusal = take(TENANT + key.tenant(), key.tenantAllowance(), tokens, nowNanos, now, taken);
        }
        if (refusal != null) {
            for (Quota quota : taken) {
                quota.undo(tokens, nowNanos);
            }
            return refusal;
        }
        return new Reservation(taken, tokens);
    }

    private @Nullable QuotaRefusal take(
            String owner, Allowance allowance, long tokens, long nowNanos, Instant now, List<Quota> taken) {
        if (allowance.isUnlimited()) {
            return null;
        }
        Quota quota = accounts.computeIfAbsent(
                owner, name -> new Quota(name, burstSeconds, formerUse.getOrDefault(name, Map.of())));
        quota.allow(allowance.sharedBy(gateways), nowNanos);
        QuotaRefusal refusal = quota.reserve(tokens, nowNanos, now);
        if (refusal == null) {
            taken.add(quota);
        }
        return refusal;
    }

    /** A request is over, see {@link Reservation}. */
    public void settle(Reservation reservation, long usedTokens) {
        reservation.settle(usedTokens, nanoTime.getAsLong(), clock.instant());
    }

    /** Headers that tell a client what is left of its rates; empty when it has none. */
    public Map<String, String> headers(ApiKey key) {
        if (key.allowance().isUnlimited() && key.tenantAllowance().isUnlimited()) {
            return Map.of();
        }
        long nowNanos = nanoTime.getAsLong();
        RateStatus status = new RateStatus();
        describe(KEY + key.id(), key.allowance(), status, nowNanos);
        describe(TENANT + key.tenant(), key.tenantAllowance(), status, nowNanos);
        return status.headers();
    }

    private void describe(String owner, Allowance allowance, RateStatus status, long nowNanos) {
        Quota quota = allowance.isUnlimited() ? null : accounts.get(owner);
        if (quota != null) {
            quota.describe(status, nowNanos);
        }
    }

    private double budgetLeft(String tenant) {
        Quota quota = accounts.get(TENANT + tenant);
        return quota == null ? 1 : quota.budgetLeft(clock.instant());
    }

    /** Tokens used by account and period of its budget, for the next process. */
    public Map<String, Map<Long, Long>> use() {
        Map<String, Map<Long, Long>> use = new HashMap<>(formerUse);
        accounts.forEach((name, quota) -> {
            Map<Long, Long> used = quota.used();
            if (!used.isEmpty()) {
                use.put(name, used);
            }
        });
        return use;
    }
}
