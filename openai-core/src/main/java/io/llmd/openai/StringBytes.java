package io.llmd.openai;

/** The characters of one JSON string, read from its bytes; code points above U+007F come as their UTF-8 bytes. */
final class StringBytes {

    /** There are no more characters. */
    static final int END = -1;

    private final byte[] buffer;
    private final int end;
    private int position;

    StringBytes(byte[] buffer, int from, int to) {
        this.buffer = buffer;
        this.position = from;
        this.end = to;
    }

    boolean isEmpty() {
        return position >= end;
    }

    /** Bytes that are left, escapes counted as they are written. */
    int remaining() {
        return end - position;
    }

    /** The next character, an escape already resolved, or {@link #END}. */
    int next() {
        if (position >= end) {
            return END;
        }
        int b = buffer[position++] & 0xff;
        if (b != '\\' || position >= end) {
            return b;
        }
        int escaped = buffer[position++];
        if (escaped == 'u') {
            int unit = JsonBytes.hex4(buffer, position, end);
            position += 4;
            return unit < 0 ? 0 : unit;
        }
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> escaped;
        };
    }
}
