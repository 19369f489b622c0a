package io.llmd.autoscaler.kube;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of a resource as people have written them. What has another form than expected is an {@link IllegalArgumentException} that names it. */
final class Spec {

    private static final int MOST_ENTRIES = 256;

    private final String path;
    private final Map<?, ?> fields;

    private Spec(String path, Map<?, ?> fields) {
        this.path = path;
        this.fields = fields;
    }

    /** The fields of an object; none where there is none. */
    static Spec of(String path, @Nullable Object object) {
        if (object == null) {
            return new Spec(path, Map.of());
        }
        if (object instanceof Map<?, ?> map) {
            return new Spec(path, map);
        }
        throw new IllegalArgumentException(path + ": " + object + " (expected: fields)");
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    Spec fields(String name) {
        return of(path + "." + name, fields.get(name));
    }

    String text(String name, String absent) {
        Object value = fields.get(name);
        return value == null ? absent : String.valueOf(value);
    }

    String text(String name) {
        String text = text(name, "");
        if (text.isBlank()) {
            throw wrong(name, "a text");
        }
        return text;
    }

    boolean flag(String name, boolean absent) {
        Object value = fields.get(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name, "true or false");
    }

    int number(String name, int absent) {
        Object value = fields.get(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number number && number.doubleValue() == Math.rint(number.doubleValue())) {
            return Math.toIntExact(number.longValue());
        }
        throw wrong(name, "a whole number");
    }

    double decimal(String name, double absent) {
        Object value = fields.get(name);
        if (value == null) {
            return absent;
        }
        try {
            return Double.parseDouble(String.valueOf(value));
        } catch (NumberFormatException e) {
            throw wrong(name, "a number");
        }
    }

    /** Seconds of {@code 90s}, {@code 1500ms}, {@code 5m}, {@code 2h} or ISO 8601. */
    double seconds(String name, double absent) {
        Object value = fields.get(name);
        if (value == null) {
            return absent;
        }
        String text = String.valueOf(value);
        try {
            String iso = text.startsWith("P")
                    ? text
                    : text.endsWith("ms") ? iso(text) : "PT" + text.toUpperCase(Locale.ROOT);
            Duration duration = Duration.parse(iso);
            if (!duration.isNegative()) {
                return duration.toNanos() / 1e9;
            }
        } catch (DateTimeParseException | ArithmeticException e) {
            // said below
        }
        throw wrong(name, "a time such as 90s");
    }

    private static String iso(String text) {
        String digits = text.substring(0, text.length() - 2);
        return digits.matches("\\d{1,12}")
                ? "PT" + Long.parseLong(digits) / 1_000 + "." + "%03d".formatted(Long.parseLong(digits) % 1_000) + "S"
                : text;
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (Object each : list(name)) {
            texts.add(String.valueOf(each));
        }
        return texts;
    }

    List<Integer> numbers(String name) {
        List<Integer> numbers = new ArrayList<>();
        for (Object each : list(name)) {
            if (!(each instanceof Number number)) {
                throw wrong(name, "whole numbers");
            }
            numbers.add(number.intValue());
        }
        return numbers;
    }

    private List<?> list(String name) {
        Object value = fields.get(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list && list.size() <= MOST_ENTRIES) {
            return list;
        }
        throw wrong(name, "a list of at most " + MOST_ENTRIES);
    }

    /** Whole numbers by name. */
    Map<String, Integer> counts(String name) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        Spec inner = fields(name);
        inner.fields.keySet().forEach(key -> counts.put(String.valueOf(key), inner.number(String.valueOf(key), 0)));
        return counts;
    }

    IllegalArgumentException wrong(String name, String expected) {
        return new IllegalArgumentException(
                path + "." + name + ": " + fields.get(name) + " (expected: " + expected + ")");
    }
}
