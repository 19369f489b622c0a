package io.llmd.gateway.access;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits of keys and tenants. What a request may need at most is taken before it is sent anywhere, so that requests at the same
 * time cannot use more than there is; when it is over, what it really used takes that place. Thread-safe.
 *
 * @implNote one account for each key, tenant and subject of a token that has limits and was seen, until it holds nothing that a
 *     new one would not: no request under way, full rates, and no use of the present budget. Each new account lets some others
 *     be looked at for that, so that their number follows those in use, and the work is spread
 */
public final class Quotas {

    private static final String TENANT = "tenant ";
    private static final String KEY = "key ";

    /** Accounts that are looked at for each new one, and at most in one go. */
    private static final int LOOKS = 3;

    private static final int MOST_LOOKS = 3_000;

    /** Tenants whose budgets are told of; those that come later are not told apart, as in other meters. */
    private static final int MAX_WATCHED = 200;

    private final double burstSeconds;
    private final int gateways;
    private final BiConsumer<String, DoubleSupplier> newBudget;
    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private final Map<String, Map<Long, Long>> formerUse;
    private final ConcurrentHashMap<String, Quota> accounts = new ConcurrentHashMap<>();
    private final Set<String> withBudget = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isSweeping = new AtomicBoolean();
    private final AtomicInteger looksDue = new AtomicInteger();
    private Iterator<Map.Entry<String, Quota>> sweep = Collections.emptyIterator();

    /**
     * @param burst what flows in within this time may be used at once
     * @param gateways gateways that share the clients, each of which keeps to its part of every limit
     * @param newBudget hears once of each tenant that has a budget, again after {@link #forgetTenant}, and of the share that is left of it,
     *     from 0 to 1
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
        if (key.tenantAllowance().budget() != null) {
            watchBudget(key.tenant());
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
        while (true) {
            Quota quota = account(owner, nowNanos, now);
            synchronized (quota) {
                if (quota.isRetired()) {
                    accounts.remove(owner, quota);
                    continue;
                }
                quota.allow(allowance.sharedBy(gateways), nowNanos);
                QuotaRefusal refusal = quota.reserve(tokens, nowNanos, now);
                if (refusal == null) {
                    taken.add(quota);
                }
                return refusal;
            }
        }
    }

    private Quota account(String owner, long nowNanos, Instant now) {
        Quota known = accounts.get(owner);
        if (known != null) {
            return known;
        }
        retireSome(nowNanos, now);
        return accounts.computeIfAbsent(
                owner, name -> new Quota(name, burstSeconds, formerUse.getOrDefault(name, Map.of())));
    }

    /** Whoever comes while another one is at it leaves it to the next. */
    private void retireSome(long nowNanos, Instant now) {
        looksDue.addAndGet(LOOKS);
        if (!isSweeping.compareAndSet(false, true)) {
            return;
        }
        try {
            int looks = Math.min(looksDue.get(), MOST_LOOKS);
            looksDue.addAndGet(-looks);
            for (int i = 0; i < looks; i++) {
                if (!sweep.hasNext()) {
                    sweep = accounts.entrySet().iterator();
                }
                if (!sweep.hasNext()) {
                    looksDue.set(0);
                    return;
                }
                Map.Entry<String, Quota> next = sweep.next();
                if (next.getValue().retire(nowNanos, now)) {
                    accounts.remove(next.getKey(), next.getValue());
                }
            }
        } finally {
            isSweeping.set(false);
        }
    }

    private void watchBudget(String tenant) {
        if (!withBudget.contains(tenant) && withBudget.size() < MAX_WATCHED && withBudget.add(tenant)) {
            newBudget.accept(tenant, () -> budgetLeft(tenant));
        }
    }

    /** A tenant has no key any more: its budget is told again when it comes back, of which nothing is forgotten. */
    public void forgetTenant(String tenant) {
        withBudget.remove(tenant);
    }

    /** Keys, tenants and subjects with an account. */
    int accounts() {
        return accounts.size();
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

    /** Tokens used by account and period of its budget, for the next process; periods that are long over are left out. */
    public Map<String, Map<Long, Long>> use() {
        Instant now = clock.instant();
        Map<String, Map<Long, Long>> use = new HashMap<>(formerUse);
        use.values().removeIf(used -> used.keySet().stream().noneMatch(window -> Budget.isRecent(window, now)));
        accounts.forEach((name, quota) -> {
            Map<Long, Long> used = quota.used();
            if (!used.isEmpty()) {
                use.put(name, used);
            }
        });
        return use;
    }
}
