package io.llmd.openai;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at JSON as bytes: strict UTF-8, escapes that make no character, ends of values. Allocates nothing. */
public final class JsonBytes {

    /** Result of {@link #indexOfInvalidUnicode} for text that is in order. */
    static final int NONE = -1;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';
    private static final long LINE_FEEDS = ONES * '\n';
    private static final long CARRIAGE_RETURNS = ONES * '\r';

    private static final int STEP = 4 * Long.BYTES;

    private JsonBytes() {}

    /**
     * Position of the first byte that is no strict UTF-8 (overlong forms, surrogates and code points above U+10FFFF
     * included), or of the first escape of a lone surrogate.
     *
     * @return an index into the array, or {@link #NONE}
     */
    static int indexOfInvalidUnicode(byte[] bytes, int from, int to) {
        int i = skipPlain(bytes, from, to);
        while (i < to) {
            if (i + 8 <= to) {
                long word = (long) LONG.get(bytes, i);
                long found = word & HIGH_BITS | zeroBytes(word ^ BACKSLASHES);
                if (found == 0) {
                    i = skipPlain(bytes, i + 8, to);
                    continue;
                }
                i += Long.numberOfTrailingZeros(found) >>> 3;
            }
            byte b = bytes[i];
            int length = b >= 0 ? b == '\\' ? escapeLength(bytes, i, to) : 1 : sequenceLength(bytes, i, to);
            if (length == 0) {
                return i;
            }
            i += length;
            while (i < to && bytes[i] < 0) {
                length = sequenceLength(bytes, i, to);
                if (length == 0) {
                    return i;
                }
                i += length;
            }
        }
        return NONE;
    }

    /** Passes over steps of 32 bytes that are ASCII without a backslash. */
    private static int skipPlain(byte[] bytes, int from, int to) {
        int i = from;
        while (i + STEP <= to) {
            long a = (long) LONG.get(bytes, i);
            long b = (long) LONG.get(bytes, i + 8);
            long c = (long) LONG.get(bytes, i + 16);
            long d = (long) LONG.get(bytes, i + 24);
            long escapes = (a ^ BACKSLASHES) - ONES
                    | (b ^ BACKSLASHES) - ONES
                    | (c ^ BACKSLASHES) - ONES
                    | (d ^ BACKSLASHES) - ONES;
            if (((a | b | c | d | escapes) & HIGH_BITS) != 0) {
                break;
            }
            i += STEP;
        }
        return i;
    }

    /** Passes over steps of 32 bytes without a quote or a backslash. */
    private static int skipText(byte[] bytes, int from, int to) {
        int i = from;
        while (i + STEP <= to
                && (ends((long) LONG.get(bytes, i))
                                | ends((long) LONG.get(bytes, i + 8))
                                | ends((long) LONG.get(bytes, i + 16))
                                | ends((long) LONG.get(bytes, i + 24)))
                        == 0) {
            i += STEP;
        }
        return i;
    }

    /** First position of anything but plain text, which is ASCII without quotes, backslashes and control characters; or the end. */
    static int skipPlainText(byte[] bytes, int from, int to) {
        int i = from;
        for (int last = to - STEP; i <= last; i += STEP) {
            long found = special((long) LONG.get(bytes, i))
                    | special((long) LONG.get(bytes, i + 8))
                    | special((long) LONG.get(bytes, i + 16))
                    | special((long) LONG.get(bytes, i + 24));
            if ((found & HIGH_BITS) != 0) {
                break;
            }
        }
        while (i < to && bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\') {
            i++;
        }
        return i;
    }

    /**
     * Has a high bit when a word holds a byte that is no plain text. Where all bytes are ASCII, taking one from a byte sets its high
     * bit when it was 0, and taking away a space when it was less; a byte above the one that was found may be marked falsely.
     */
    private static long special(long word) {
        return word | word - SPACES | (word ^ QUOTES) - ONES | (word ^ BACKSLASHES) - ONES;
    }

    /** The high bits of quotes and backslashes in a word. */
    private static long ends(long word) {
        return zeroBytes(word ^ QUOTES) | zeroBytes(word ^ BACKSLASHES);
    }

    /** First position of a line feed or a carriage return in the range, or its end. */
    static int indexOfLineEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i + 8 <= to) {
            long word = (long) LONG.get(bytes, i);
            long found = zeroBytes(word ^ LINE_FEEDS) | zeroBytes(word ^ CARRIAGE_RETURNS);
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            i += 8;
        }
        while (i < to && bytes[i] != '\n' && bytes[i] != '\r') {
            i++;
        }
        return i;
    }

    /** First position of a quote or a backslash in the range, or its end. */
    public static int indexOfQuoteOrBackslash(byte[] bytes, int from, int to) {
        int i = skipText(bytes, from, to);
        while (i + 8 <= to) {
            long found = ends((long) LONG.get(bytes, i));
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            i += 8;
        }
        while (i < to && bytes[i] != '"' && bytes[i] != '\\') {
            i++;
        }
        return i;
    }

    /** Position behind the closing quote of the string whose opening quote is at {@code start}, at most {@code to}. */
    static int stringEnd(byte[] bytes, int start, int to) {
        int i = start + 1;
        while (i < to) {
            i = indexOfQuoteOrBackslash(bytes, i, to);
            if (i >= to) {
                break;
            }
            if (bytes[i] == '"') {
                return i + 1;
            }
            i += 2;
        }
        return to;
    }

    /** Position behind the number or literal that starts at {@code start}, at most {@code to}. */
    static int scalarEnd(byte[] bytes, int start, int to) {
        int i = start;
        while (i < to && bytes[i] > ' ' && bytes[i] != ',' && bytes[i] != '}' && bytes[i] != ']') {
            i++;
        }
        return i;
    }

    static boolean isWhitespace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /** Value of four hex digits, or -1. */
    static int hex4(byte[] bytes, int from, int to) {
        if (from + 4 > to) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = bytes[i] < 0 ? -1 : Character.digit(bytes[i], 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** The high bit of each byte that is zero; bytes above the lowest zero byte may be marked falsely. */
    private static long zeroBytes(long word) {
        return (word - ONES) & ~word & HIGH_BITS;
    }

    /** Length of an escape; 0 for a lone surrogate. Escapes that JSON does not have are left to the parser. */
    static int escapeLength(byte[] bytes, int at, int to) {
        if (at + 1 >= to || bytes[at + 1] != 'u') {
            return at + 1 < to && bytes[at + 1] >= 0 ? 2 : 1;
        }
        int unit = hex4(bytes, at + 2, to);
        if (unit < 0) {
            return 2;
        }
        if (Character.isLowSurrogate((char) unit)) {
            return 0;
        }
        if (!Character.isHighSurrogate((char) unit)) {
            return 6;
        }
        boolean paired = at + 8 <= to
                && bytes[at + 6] == '\\'
                && bytes[at + 7] == 'u'
                && isLowSurrogate(hex4(bytes, at + 8, to));
        return paired ? 12 : 0;
    }

    private static boolean isLowSurrogate(int unit) {
        return unit >= Character.MIN_LOW_SURROGATE && unit <= Character.MAX_LOW_SURROGATE;
    }

    /** Length of a sequence of two to four bytes; 0 when it is none. Ranges as in table 3-7 of the Unicode standard. */
    static int sequenceLength(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xff;
        int second = at + 1 < to ? bytes[at + 1] & 0xff : 0;
        if (lead >= 0xc2 && lead <= 0xdf) {
            return isContinuation(second) ? 2 : 0;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            int lowest = lead == 0xe0 ? 0xa0 : 0x80;
            int highest = lead == 0xed ? 0x9f : 0xbf;
            return second >= lowest && second <= highest && isContinuation(bytes, at + 2, to) ? 3 : 0;
        }
        if (lead >= 0xf0 && lead <= 0xf4) {
            int lowest = lead == 0xf0 ? 0x90 : 0x80;
            int highest = lead == 0xf4 ? 0x8f : 0xbf;
            return second >= lowest
                            && second <= highest
                            && isContinuation(bytes, at + 2, to)
                            && isContinuation(bytes, at + 3, to)
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean isContinuation(byte[] bytes, int at, int to) {
        return at < to && isContinuation(bytes[at] & 0xff);
    }

    private static boolean isContinuation(int b) {
        return (b & 0xc0) == 0x80;
    }
}
