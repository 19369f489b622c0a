package io.llmd.gateway.access;

import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Objects;

/**
 * Tokens for a stretch of the calendar, in UTC.
 *
 * @param tokens prompt and generated tokens, at least 1
 */
public record Budget(long tokens, Period period) {

    /** More than that is as good as no budget, and adding requests to it must not overflow. */
    static final long MAX_TOKENS = Long.MAX_VALUE >> 1;

    /** How long a budget lasts. */
    public enum Period {
        DAY,
        MONTH
    }

    public Budget {
        Objects.requireNonNull(period, "period");
        if (tokens < 1 || tokens > MAX_TOKENS) {
            throw new IllegalArgumentException("tokens: " + tokens + " (expected: 1 to " + MAX_TOKENS + ")");
        }
    }

    /** The number of the period around a moment; the next period has the next number. */
    long window(Instant now) {
        return window(period, now);
    }

    private static long window(Period period, Instant now) {
        return switch (period) {
            case DAY -> Math.floorDiv(now.getEpochSecond(), 86_400L);
            case MONTH -> {
                YearMonth month = YearMonth.from(now.atOffset(ZoneOffset.UTC));
                yield month.getYear() * 12L + month.getMonthValue() - 1;
            }
        };
    }

    /** Whether a number is that of a period around a moment, or of one beside it, to which a clock may be set. */
    static boolean isRecent(long window, Instant now) {
        for (Period period : Period.values()) {
            if (Math.abs(window - window(period, now)) <= 1) {
                return true;
            }
        }
        return false;
    }
}
