package io.llmd.simulator.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** Times as options have them. */
final class Times {
    private static final Pattern PLAIN_NUMBER = Pattern.compile("\\d+(?:\\.\\d+)?");
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");
    private static final Pattern SUM = Pattern.compile("(?:" + PART + ")+");

    private Times() {}

    /** Numbers with ns, us, ms, s, m or h behind them; milliseconds if one stands alone. */
    static Duration parse(String value) {
        if (PLAIN_NUMBER.matcher(value).matches()) {
            return Duration.ofNanos(Math.round(Double.parseDouble(value) * 1e6));
        }
        if (!SUM.matcher(value).matches()) {
            throw new IllegalArgumentException(value);
        }
        double nanos = PART.matcher(value)
                .results()
                .mapToDouble(part -> Double.parseDouble(part.group(1)) * unitNanos(part.group(2)))
                .sum();
        return Duration.ofNanos(Math.round(nanos));
    }

    private static double unitNanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 6e10;
            default -> 3.6e12;
        };
    }
}
