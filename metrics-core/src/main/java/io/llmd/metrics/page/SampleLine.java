package io.llmd.metrics.page;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One sample of a metrics page, read where it stands. A view that is moved from line to line; used by one thread.
 * Escapes in labels are undone only where a label is asked for.
 */
public final class SampleLine {

    private static final int MAX_NUMBER = 64;
    private static final int EXACT_DIGITS = 15;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private byte[] line = {};
    private int labels;
    private int afterLabels;
    private int end;

    SampleLine() {}

    /**
     * Moves to a sample.
     *
     * @param afterName position of the first byte after the name
     * @param to position after the last byte of the line
     */
    void moveTo(byte[] bytes, int afterName, int to) {
        line = bytes;
        labels = afterName;
        end = to;
        afterLabels = afterLabels(bytes, afterName, to);
    }

    /** The value, NaN unless it is in [lowest, highest]. */
    public double value(double lowest, double highest) {
        int from = skipBlanks(afterLabels);
        int to = wordEnd(from);
        double value = number(from, to);
        return value >= lowest && value <= highest ? value : Double.NaN;
    }

    /** The time stamp after the value, -1 when there is none. */
    public long timestamp() {
        int from = skipBlanks(wordEnd(skipBlanks(afterLabels)));
        int to = wordEnd(from);
        double value = number(from, to);
        return value >= 0 ? (long) value : -1;
    }

    /** Whether the sample has all of {@code wanted}. */
    public boolean matches(Map<String, String> wanted) {
        for (Map.Entry<String, String> label : wanted.entrySet()) {
            if (!label.getValue().equals(label(label.getKey()))) {
                return false;
            }
        }
        return true;
    }

    /** Value of a label, null when the sample has none of that name. */
    public @Nullable String label(String name) {
        if (labels >= end || line[labels] != '{') {
            return null;
        }
        int i = labels + 1;
        while (i < end && line[i] != '}') {
            int nameStart = i;
            while (i < end && line[i] != '=') {
                i++;
            }
            int nameEnd = i;
            i = Math.min(end, i + 2);
            int valueStart = i;
            while (i < end && line[i] != '"') {
                i += line[i] == '\\' ? 2 : 1;
            }
            i = Math.min(i, end);
            if (isName(name, nameStart, nameEnd)) {
                return unescape(valueStart, i);
            }
            i++;
            while (i < end && (line[i] == ',' || isBlank(line[i]))) {
                i++;
            }
        }
        return null;
    }

    private boolean isName(String name, int from, int to) {
        int start = from;
        int stop = to;
        while (start < stop && isBlank(line[start])) {
            start++;
        }
        while (stop > start && isBlank(line[stop - 1])) {
            stop--;
        }
        if (stop - start != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (line[start + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String unescape(int from, int to) {
        byte[] text = new byte[Math.max(0, to - from)];
        int length = 0;
        for (int i = from; i < to; i++) {
            byte b = line[i];
            if (b == '\\' && i + 1 < to) {
                b = line[++i] == 'n' ? (byte) '\n' : line[i];
            }
            text[length++] = b;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    private int skipBlanks(int from) {
        int i = from;
        while (i < end && isBlank(line[i])) {
            i++;
        }
        return i;
    }

    private int wordEnd(int from) {
        int i = from;
        while (i < end && !isBlank(line[i]) && line[i] != '\r') {
            i++;
        }
        return i;
    }

    /** A decimal number, NaN for everything else: Java would take more, such as {@code 1f} and {@code Infinity}. */
    private double number(int from, int to) {
        long mantissa = 0;
        int digits = 0;
        int fraction = -1;
        for (int i = from; i < to; i++) {
            byte b = line[i];
            if (b >= '0' && b <= '9') {
                mantissa = 10 * mantissa + b - '0';
                digits++;
                if (digits > EXACT_DIGITS) {
                    return parsed(from, to);
                }
            } else if (b == '.' && fraction < 0) {
                fraction = digits;
            } else {
                return parsed(from, to);
            }
        }
        if (digits == 0) {
            return Double.NaN;
        }
        return fraction < 0 ? mantissa : mantissa / POWERS[digits - fraction];
    }

    private double parsed(int from, int to) {
        if (to - from > MAX_NUMBER) {
            return Double.NaN;
        }
        for (int i = from; i < to; i++) {
            byte b = line[i];
            if ((b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E') {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(new String(line, from, to - from, StandardCharsets.ISO_8859_1));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static int afterLabels(byte[] line, int from, int to) {
        if (from >= to || line[from] != '{') {
            return from;
        }
        boolean quoted = false;
        for (int i = from + 1; i < to; i++) {
            byte b = line[i];
            if (quoted && b == '\\') {
                i++;
            } else if (b == '"') {
                quoted = !quoted;
            } else if (b == '}' && !quoted) {
                return i + 1;
            }
        }
        return to;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
