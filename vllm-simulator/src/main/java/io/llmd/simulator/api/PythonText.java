package io.llmd.simulator.api;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Values in Python's notation, which vLLM's messages quote. */
public final class PythonText {
    private PythonText() {}

    /** As {@code str()} writes it. */
    public static String str(@Nullable Object value) {
        return value instanceof String text ? text : repr(value);
    }

    /** As {@code repr()} writes it. */
    public static String repr(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean flag -> flag ? "True" : "False";
            case String text -> quoted(text);
            case Double number -> decimal(number);
            case Map<?, ?> map -> {
                StringJoiner joiner = new StringJoiner(", ", "{", "}");
                map.forEach((key, element) -> joiner.add(repr(key) + ": " + repr(element)));
                yield joiner.toString();
            }
            case Collection<?> list -> {
                StringJoiner joiner = new StringJoiner(", ", "[", "]");
                list.forEach(element -> joiner.add(repr(element)));
                yield joiner.toString();
            }
            default -> value.toString();
        };
    }

    /** A text that is written as it is. */
    record Raw(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    private static String decimal(double number) {
        if (number == Math.rint(number) && Math.abs(number) < 1e16) {
            return "%.1f".formatted(number);
        }
        return Double.isNaN(number)
                ? "nan"
                : Double.isInfinite(number)
                        ? number > 0 ? "inf" : "-inf"
                        : Double.toString(number).toLowerCase(Locale.ROOT);
    }

    private static String quoted(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> append(out, c, quote));
        return out.append(quote).toString();
    }

    private static void append(StringBuilder out, int c, char quote) {
        switch (c) {
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (c < 0x20 || c == 0x7f) {
                    out.append("\\x%02x".formatted(c));
                } else {
                    out.appendCodePoint(c);
                }
            }
        }
    }
}
