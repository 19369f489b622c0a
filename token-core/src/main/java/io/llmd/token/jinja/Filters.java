package io.llmd.token.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters: what stands behind a vertical bar. */
final class Filters {
    private Filters() {}

    private static final Map<String, FilterFunction> ALL = all();

    /** The filter of a name; absent if there is none. */
    static @Nullable FilterFunction of(String name) {
        return ALL.get(name);
    }

    private static Map<String, FilterFunction> all() {
        Map<String, FilterFunction> filters = new HashMap<>(SequenceFilters.all());
        filters.put("default", Filters::orDefault);
        filters.put("d", Filters::orDefault);
        filters.put("tojson", (value, arguments) -> JsonWriter.of(arguments).write(value));
        filters.put("safe", (value, arguments) -> Values.text(value));
        filters.put("string", (value, arguments) -> Values.text(value));
        filters.put("length", (value, arguments) -> (long) Values.length(value));
        filters.put("count", (value, arguments) -> (long) Values.length(value));
        filters.put("trim", Filters::trim);
        filters.put("upper", (value, arguments) -> Values.text(value).toUpperCase(Locale.ROOT));
        filters.put("lower", (value, arguments) -> Values.text(value).toLowerCase(Locale.ROOT));
        filters.put("title", (value, arguments) -> StringMethods.title(Values.text(value)));
        filters.put("capitalize", (value, arguments) -> StringMethods.capitalize(Values.text(value)));
        filters.put("replace", Filters::replace);
        filters.put("indent", (value, arguments) -> indent(Values.text(value), arguments));
        filters.put("escape", (value, arguments) -> escape(Values.text(value)));
        filters.put("e", (value, arguments) -> escape(Values.text(value)));
        filters.put("int", Filters::integer);
        filters.put("float", Filters::decimal);
        filters.put("abs", (value, arguments) -> absolute(value));
        filters.put("round", Filters::round);
        filters.put(
                "items",
                (value, arguments) ->
                        value instanceof Map<?, ?> map ? CollectionMethods.items(map) : notMapping(value));
        filters.put("attr", (value, arguments) -> Access.attribute(value, arguments.text(0, "name", "")));
        return Map.copyOf(filters);
    }

    private static Object orDefault(Object value, CallArguments arguments) {
        boolean absent = value instanceof Undefined || arguments.flag(1, "boolean", false) && !Values.isTrue(value);
        return absent ? arguments.get(0, "default_value", "") : value;
    }

    private static Object trim(Object value, CallArguments arguments) {
        String chars = arguments.get(0, "chars", None.NONE) instanceof String given ? given : null;
        return StringMethods.strip(Values.text(value), chars, true, true);
    }

    private static Object replace(Object value, CallArguments arguments) {
        return StringMethods.replace(
                Values.text(value),
                Values.text(arguments.require(0, "old")),
                Values.text(arguments.require(1, "new")),
                arguments.integer(2, "count", -1));
    }

    private static Object absolute(Object value) {
        return value instanceof Double number ? Math.abs(number) : (Object) Math.abs(Values.integer(value));
    }

    private static Object notMapping(Object value) {
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new JinjaException("Can only get item pairs from a mapping.");
    }

    private static String indent(String text, CallArguments arguments) {
        Object width = arguments.get(0, "width", 4L);
        String blanks =
                width instanceof String given ? given : " ".repeat((int) Math.clamp(Values.integer(width), 0, 256));
        boolean first = arguments.flag(1, "first", false);
        boolean blank = arguments.flag(2, "blank", false);
        List<String> lines = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            boolean indented = lines.isEmpty() ? first : blank || !line.isEmpty();
            lines.add(indented ? blanks + line : line);
        }
        return String.join("\n", lines);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&#34;")
                .replace("'", "&#39;");
    }

    private static Object integer(Object value, CallArguments arguments) {
        if (value instanceof String text) {
            Double number = parsed(text);
            return number == null ? arguments.get(0, "default", 0L) : (Object) number.longValue();
        }
        return Values.isNumber(value) ? (Object) Values.integer(value) : arguments.get(0, "default", 0L);
    }

    private static Object decimal(Object value, CallArguments arguments) {
        if (value instanceof String text) {
            Double number = parsed(text);
            return number == null ? arguments.get(0, "default", 0.0) : number;
        }
        return Values.isNumber(value) ? (Object) Values.decimal(value) : arguments.get(0, "default", 0.0);
    }

    private static @Nullable Double parsed(String text) {
        try {
            return Double.valueOf(text.strip());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Object round(Object value, CallArguments arguments) {
        int precision = (int) Math.clamp(arguments.integer(0, "precision", 0), -20, 20);
        RoundingMode mode = switch (arguments.text(1, "method", "common")) {
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> RoundingMode.HALF_EVEN;
        };
        return new BigDecimal(Values.decimal(value)).setScale(precision, mode).doubleValue();
    }
}
