package io.llmd.token.jinja;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON as Python does, by default on one line with a space after commas and colons.
 *
 * @param indent blanks of each level; on one line if negative
 * @param ascii whether characters beyond ASCII are escaped
 * @param comma between elements
 * @param colon between key and value
 * @param sorted whether keys are in order
 */
public record JsonWriter(int indent, boolean ascii, String comma, String colon, boolean sorted) {
    /** On one line, characters beyond ASCII as they are. */
    public static final JsonWriter ONE_LINE = new JsonWriter(-1, false, ", ", ": ", false);

    static JsonWriter of(CallArguments arguments) {
        Object indent = arguments.get(1, "indent", None.NONE);
        boolean oneLine = indent == None.NONE;
        String comma = oneLine ? ", " : ",";
        String colon = ": ";
        if (arguments.get(2, "separators", None.NONE) instanceof List<?> separators && separators.size() == 2) {
            comma = Values.text(Values.of(separators.getFirst()));
            colon = Values.text(Values.of(separators.getLast()));
        }
        return new JsonWriter(
                oneLine ? -1 : (int) Math.clamp(Values.integer(indent), 0, 64),
                arguments.flag(0, "ensure_ascii", false),
                comma,
                colon,
                arguments.flag(3, "sort_keys", false));
    }

    /** A value of a template, or maps, lists, strings, numbers, booleans and null. */
    public String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        append(Values.of(value), 1, out);
        return out.toString();
    }

    private void append(Object value, int level, StringBuilder out) {
        switch (value) {
            case Map<?, ?> map -> appendMap(map, level, out);
            case List<?> list -> appendList(list, level, out);
            case String text -> appendText(text, out);
            case Double number -> out.append(decimal(number));
            case Boolean flag -> out.append(flag);
            case Number number -> out.append(number);
            case None none -> out.append("null");
            default ->
                throw new JinjaException("Object of type " + Values.typeName(value) + " is not JSON serializable");
        }
    }

    private static String decimal(double number) {
        return Double.isNaN(number)
                ? "NaN"
                : Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : Values.decimalText(number);
    }

    private void appendMap(Map<?, ?> map, int level, StringBuilder out) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        Stream<? extends Map.Entry<?, ?>> entries = map.entrySet().stream();
        if (sorted) {
            entries = entries.sorted(Comparator.comparing(entry -> String.valueOf(entry.getKey())));
        }
        out.append('{');
        int start = out.length();
        entries.forEach(entry -> {
            separate(start, level, out);
            appendText(Values.text(Values.of(entry.getKey())), out);
            out.append(colon);
            append(Values.of(entry.getValue()), level + 1, out);
        });
        line(level - 1, out);
        out.append('}');
    }

    private void appendList(List<?> list, int level, StringBuilder out) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        int start = out.length();
        for (Object element : list) {
            separate(start, level, out);
            append(Values.of(element), level + 1, out);
        }
        line(level - 1, out);
        out.append(']');
    }

    private void separate(int start, int level, StringBuilder out) {
        if (out.length() > start) {
            out.append(comma);
        }
        line(level, out);
    }

    private void line(int level, StringBuilder out) {
        if (indent >= 0) {
            out.append('\n').repeat(' ', indent * level);
        }
    }

    private void appendText(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
