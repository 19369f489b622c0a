package io.llmd.simulator.chat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON in the style of Python, which chat templates have: a space after commas and colons, no escapes beyond ASCII. */
final class JsonText {
    private JsonText() {}

    /** A JSON value on one line. */
    static String of(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        append(value, out);
        return out.toString();
    }

    private static void append(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    appendString(String.valueOf(entry.getKey()), out);
                    out.append(": ");
                    append(entry.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case List<?> list -> {
                String separator = "[";
                for (Object element : list) {
                    out.append(separator);
                    append(element, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            case String text -> appendString(text, out);
            case null, default -> out.append(value);
        }
    }

    private static void appendString(String text, StringBuilder out) {
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
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
