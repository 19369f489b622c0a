package io.llmd.scheduler.plugin;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An amount in the form of Kubernetes: {@code 5000}, {@code 1G}, {@code 500Mi}, {@code 1e9}; fractions round up.
 *
 * @param value the amount, at least 0
 */
public record Quantity(long value) {

    static final String EXPECTED = "a number that is not negative, such as 5000, 500Mi, 1G or 1e9";

    private static final Pattern FORM = Pattern.compile(
            "\\+?(\\d{1,30}(?:\\.\\d{0,30})?|\\.\\d{1,30})(?:([eE][+-]?\\d{1,3})|([numkKMGTPEi]{0,2}))");

    private static final Map<String, BigDecimal> UNITS = Map.ofEntries(
            Map.entry("", BigDecimal.ONE),
            Map.entry("n", BigDecimal.ONE.movePointLeft(9)),
            Map.entry("u", BigDecimal.ONE.movePointLeft(6)),
            Map.entry("m", BigDecimal.ONE.movePointLeft(3)),
            Map.entry("k", BigDecimal.ONE.movePointRight(3)),
            Map.entry("M", BigDecimal.ONE.movePointRight(6)),
            Map.entry("G", BigDecimal.ONE.movePointRight(9)),
            Map.entry("T", BigDecimal.ONE.movePointRight(12)),
            Map.entry("P", BigDecimal.ONE.movePointRight(15)),
            Map.entry("E", BigDecimal.ONE.movePointRight(18)),
            Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
            Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
            Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
            Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
            Map.entry("Pi", BigDecimal.valueOf(1L << 50)),
            Map.entry("Ei", BigDecimal.valueOf(1L << 60)));

    public Quantity {
        if (value < 0) {
            throw new IllegalArgumentException("quantity: " + value + " (expected: " + EXPECTED + ")");
        }
    }

    /** Reads a quantity. @throws IllegalArgumentException when the text is none, is negative or does not fit a long */
    public static Quantity parse(String text) {
        Matcher matcher = FORM.matcher(text);
        BigDecimal unit = matcher.matches() ? unit(matcher) : null;
        if (unit == null) {
            throw new IllegalArgumentException(text + " (expected: " + EXPECTED + ")");
        }
        BigDecimal amount = new BigDecimal(matcher.group(1)).multiply(unit).setScale(0, RoundingMode.CEILING);
        if (amount.toBigInteger().bitLength() > Long.SIZE - 1) {
            throw new IllegalArgumentException(text + " (expected: at most " + Long.MAX_VALUE + ")");
        }
        return new Quantity(amount.longValueExact());
    }

    private static @Nullable BigDecimal unit(Matcher matcher) {
        String exponent = matcher.group(2);
        return exponent != null ? new BigDecimal("1" + exponent) : UNITS.get(matcher.group(3));
    }
}
