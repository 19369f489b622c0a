package io.llmd.scheduler.plugin;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations as Go writes them ({@code 200ms}, {@code 1m30s}) or as ISO 8601 ({@code PT5S}). */
final class GoDuration {

    static final String EXPECTED = "a duration that is not negative, such as 200ms, 5s, 1m30s or PT5S";

    private static final Pattern PART =
            Pattern.compile("(\\d{1,18}(?:\\.\\d{0,18})?|\\.\\d{1,18})(ns|us|µs|μs|ms|s|m|h)");
    private static final Map<String, BigDecimal> NANOS = Map.of(
            "ns", BigDecimal.ONE,
            "us", BigDecimal.valueOf(1_000),
            "µs", BigDecimal.valueOf(1_000),
            "μs", BigDecimal.valueOf(1_000),
            "ms", BigDecimal.valueOf(1_000_000),
            "s", BigDecimal.valueOf(1_000_000_000),
            "m", BigDecimal.valueOf(60_000_000_000L),
            "h", BigDecimal.valueOf(3_600_000_000_000L));

    private GoDuration() {}

    /** Reads a duration. @throws IllegalArgumentException when the text is none, is negative or is longer than 292 years */
    static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Duration duration = text.startsWith("P") ? iso(text) : go(text);
        if (duration.isNegative()) {
            throw refused(text);
        }
        return duration;
    }

    private static Duration iso(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(text + " (expected: " + EXPECTED + ")", e);
        }
    }

    private static Duration go(String text) {
        Matcher part = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (end < text.length() && part.find(end) && part.start() == end) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(NANOS.get(part.group(2))));
            end = part.end();
        }
        if (end == 0 || end < text.length() || nanos.toBigInteger().bitLength() > Long.SIZE - 1) {
            throw refused(text);
        }
        return Duration.ofNanos(nanos.toBigInteger().longValueExact());
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(text + " (expected: " + EXPECTED + ")");
    }
}
