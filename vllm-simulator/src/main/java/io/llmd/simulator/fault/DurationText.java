package io.llmd.simulator.fault;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as a number with a unit behind it, {@code ns} to {@code h}; milliseconds without. */
final class DurationText {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)(ns|us|ms|s|m|h)?");
    private static final Duration LONGEST = Duration.ofDays(365);

    private DurationText() {}

    static Duration parse(String name, String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw bad(name, text);
        }
        String unit = matcher.group(2) == null ? "ms" : matcher.group(2);
        BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(nanosPer(unit)));
        if (nanos.compareTo(BigDecimal.valueOf(LONGEST.toNanos())) > 0) {
            throw bad(name, text);
        }
        return Duration.ofNanos(nanos.longValue());
    }

    /** The shortest text with a whole number. */
    static String of(Duration duration) {
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
            case "us" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
        };
    }

    private static IllegalArgumentException bad(String name, String text) {
        return new IllegalArgumentException(
                name + ": " + text + " (expected: a duration like 500ms or 5s, up to 365 days)");
    }
}
