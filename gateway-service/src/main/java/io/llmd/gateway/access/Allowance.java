package io.llmd.gateway.access;

import org.jspecify.annotations.Nullable;

/**
 * What a key, or all keys of a tenant together, may use; 0 stands for no limit.
 *
 * @param requestsPerMinute requests sent to endpoints
 * @param tokensPerMinute prompt and generated tokens of those
 * @param concurrent requests under way at the same time
 * @param budget tokens of a day or a month; {@code null} for as many as there are
 */
public record Allowance(
        long requestsPerMinute,
        long tokensPerMinute,
        int concurrent,
        @Nullable Budget budget) {

    /** Everything. */
    public static final Allowance UNLIMITED = new Allowance(0, 0, 0, null);

    public Allowance {
        check("requests-per-minute", requestsPerMinute);
        check("tokens-per-minute", tokensPerMinute);
        check("concurrent", concurrent);
    }

    private static void check(String name, long value) {
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 0 to " + Integer.MAX_VALUE + ")");
        }
    }

    boolean isUnlimited() {
        return requestsPerMinute == 0 && tokensPerMinute == 0 && concurrent == 0 && budget == null;
    }

    /** The part of one of several gateways that share the clients evenly, at least one of each. */
    Allowance sharedBy(int gateways) {
        return gateways == 1
                ? this
                : new Allowance(
                        Math.ceilDiv(requestsPerMinute, gateways),
                        Math.ceilDiv(tokensPerMinute, gateways),
                        Math.ceilDiv(concurrent, gateways),
                        budget == null ? null : new Budget(Math.ceilDiv(budget.tokens(), gateways), budget.period()));
    }
}
