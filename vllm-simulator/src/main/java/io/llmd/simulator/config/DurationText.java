package io.llmd.simulator.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Durations as text: numbers with {@code ns}, {@code us}, {@code ms}, {@code s}, {@code m} or {@code h} behind them, which
 * add up; milliseconds if one stands alone.
 */
public final class DurationText {
    private static final Pattern PLAIN_NUMBER = Pattern.compile("\\d{1,15}(?:\\.\\d{1,9})?");
    private static final Pattern PART = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)(ns|us|µs|ms|s|m|h)");
    private static final Pattern SUM = Pattern.compile("(?:" + PART + "){1,8}");
    private static final Duration LONGEST = Duration.ofDays(365);

    private DurationText() {}

    /**
     * The duration of that text.
     *
     * @param name what it is the duration of
     * @throws IllegalArgumentException naming it if there is none, or one of more than 365 days
     */
    public static Duration parse(String name, String text) {
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name + ": " + text + " (expected: a duration like 500ms or 5s, up to 365 days)", e);
        }
    }

    static Duration parse(String text) {
        BigDecimal nanos = PLAIN_NUMBER.matcher(text).matches() ? nanos(text, "ms") : sum(text);
        if (nanos.compareTo(BigDecimal.valueOf(LONGEST.toNanos())) > 0) {
            throw new IllegalArgumentException(text);
        }
        return Duration.ofNanos(Math.round(nanos.doubleValue()));
    }

    private static BigDecimal sum(String text) {
        if (!SUM.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return PART.matcher(text)
                .results()
                .map(part -> nanos(part.group(1), part.group(2)))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static BigDecimal nanos(String number, String unit) {
        return new BigDecimal(number).multiply(BigDecimal.valueOf(nanosPer(unit)));
    }

    /** The shortest text with a whole number. */
    public static String of(Duration duration) {
        long nanos = duration.toNanos();
        for (String unit : new String[] {"h", "m", "s", "ms", "us"}) {
            if (nanos != 0 && nanos % nanosPer(unit) == 0) {
                return nanos / nanosPer(unit) + unit;
            }
        }
        return nanos == 0 ? "0s" : nanos + "ns";
    }

    private static long nanosPer(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
        };
    }
}
