package io.llmd.launcher.load;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits that a request must keep to count as good.
 *
 * @param timeToFirstToken limit of the time to first token of streams, null for none
 * @param timePerOutputToken limit of the mean time per output token after the first, null for none
 * @param endToEnd limit of the whole request, null for none
 * @param minGoodput share of requests that must be good, in [0, 1]
 */
public record Slo(
        @Nullable Duration timeToFirstToken,
        @Nullable Duration timePerOutputToken,
        @Nullable Duration endToEnd,
        double minGoodput) {

    /** No limits. */
    public static final Slo NONE = new Slo(null, null, null, 0);

    public Slo {
        if (!(minGoodput >= 0 && minGoodput <= 1)) {
            throw new IllegalArgumentException("minGoodput: " + minGoodput + " (expected: 0 to 1)");
        }
    }

    /** Whether any limit is set. */
    public boolean isSet() {
        return timeToFirstToken != null || timePerOutputToken != null || endToEnd != null;
    }

    /** Whether an answer kept all limits; times that do not apply are negative. */
    boolean isMet(long firstTokenNanos, double perTokenNanos, long endToEndNanos) {
        return within(timeToFirstToken, firstTokenNanos)
                && within(timePerOutputToken, perTokenNanos)
                && within(endToEnd, endToEndNanos);
    }

    private static boolean within(@Nullable Duration limit, double nanos) {
        return limit == null || nanos <= limit.toNanos();
    }
}
