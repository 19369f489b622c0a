package io.llmd.gateway.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them, such as {@code 1m30s}. */
final class GoDuration {

    private static final Pattern PART = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(h|ms|m|s|us|µs|ns)");

    private GoDuration() {}

    /** Milliseconds, rounded down. @throws IllegalArgumentException when it is no duration */
    static long millis(String text) {
        Matcher parts = PART.matcher(text);
        double nanos = 0;
        int end = 0;
        while (parts.find() && parts.start() == end) {
            nanos += Double.parseDouble(parts.group(1)) * nanosOf(parts.group(2));
            end = parts.end();
        }
        if (text.equals("0")) {
            return 0;
        }
        if (end == 0 || end != text.length()) {
            throw new IllegalArgumentException(text + " (expected: a duration such as 1m30s)");
        }
        return (long) (nanos / 1_000_000);
    }

    private static double nanosOf(String unit) {
        return switch (unit) {
            case "h" -> 3.6e12;
            case "m" -> 6e10;
            case "s" -> 1e9;
            case "ms" -> 1e6;
            case "us", "µs" -> 1e3;
            default -> 1;
        };
    }
}
