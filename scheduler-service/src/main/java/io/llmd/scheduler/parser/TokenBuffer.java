package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.Prompt;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;

/**
 * Collects the tokens of a prompt: text as UTF-8, token ids and media placeholders as four bytes each. Grows by doubling.
 * As a {@link Writer} it takes the text that a JSON parser hands over piece by piece; a surrogate pair may be cut
 * between two pieces. Never throws on any text: a lone surrogate becomes a question mark, as in {@link String#getBytes}.
 */
final class TokenBuffer extends Writer {

    /** A question mark for a lone surrogate and a character of three bytes, or one of four. */
    private static final int MAX_PUT_BYTES = 4;

    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;
    private static final int FIRST_BYTES = 64;

    /** Up to here the buffer grows by doubling; a larger one gets what is expected at once. */
    private static final int SMALL_BYTES = 4096;

    private final int expectedBytes;
    private byte[] bytes = new byte[FIRST_BYTES];
    private int length;
    private char highSurrogate;

    /** @param expectedBytes what the buffer will hold, as far as is known; it may become more, and costs nothing before */
    TokenBuffer(int expectedBytes) {
        this.expectedBytes = expectedBytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
        highSurrogate = 0;
    }

    @Override
    public void write(char[] chars, int offset, int count) {
        int end = offset + count;
        int i = offset;
        if (highSurrogate == 0) {
            ensure(count);
            while (i < end && chars[i] < 0x80) {
                bytes[length++] = (byte) chars[i++];
            }
        }
        for (; i < end; i++) {
            ensure(MAX_PUT_BYTES);
            put(chars[i]);
        }
    }

    private void put(char c) {
        if (highSurrogate != 0) {
            char high = highSurrogate;
            highSurrogate = 0;
            if (Character.isLowSurrogate(c)) {
                putSupplementary(Character.toCodePoint(high, c));
                return;
            }
            bytes[length++] = '?';
        }
        if (c < 0x80) {
            bytes[length++] = (byte) c;
        } else if (c < 0x800) {
            bytes[length++] = (byte) (0xc0 | c >> 6);
            bytes[length++] = (byte) (0x80 | c & 0x3f);
        } else if (Character.isHighSurrogate(c)) {
            highSurrogate = c;
        } else if (Character.isLowSurrogate(c)) {
            bytes[length++] = '?';
        } else {
            bytes[length++] = (byte) (0xe0 | c >> 12);
            bytes[length++] = (byte) (0x80 | c >> 6 & 0x3f);
            bytes[length++] = (byte) (0x80 | c & 0x3f);
        }
    }

    private void putSupplementary(int codePoint) {
        bytes[length++] = (byte) (0xf0 | codePoint >> 18);
        bytes[length++] = (byte) (0x80 | codePoint >> 12 & 0x3f);
        bytes[length++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
        bytes[length++] = (byte) (0x80 | codePoint & 0x3f);
    }

    /** Ends a text: a high surrogate that waited for its other half gets none. */
    void endText() {
        if (highSurrogate != 0) {
            highSurrogate = 0;
            ensure(1);
            bytes[length++] = '?';
        }
    }

    void append(byte[] source, int from, int count) {
        long size = Math.max(expectedBytes, (long) length + count + Prompt.TOKEN_BYTES);
        if (count > SMALL_BYTES && count > bytes.length - length && from >= length && from + size < MAX_BYTES) {
            begin(source, from - length, (int) size);
            length += count;
            return;
        }
        ensure(count);
        System.arraycopy(source, from, bytes, length, count);
        length += count;
    }

    /** Makes room by a copy of the source that begins that much before: a new array that is a copy is not filled with zeros first. */
    private void begin(byte[] source, int from, int size) {
        byte[] larger = Arrays.copyOfRange(source, from, from + size);
        System.arraycopy(bytes, 0, larger, 0, length);
        bytes = larger;
    }

    void append(TokenBuffer other) {
        append(other.bytes, 0, other.length);
    }

    void appendToken(int token) {
        ensure(Prompt.TOKEN_BYTES);
        bytes[length++] = (byte) token;
        bytes[length++] = (byte) (token >>> 8);
        bytes[length++] = (byte) (token >>> 16);
        bytes[length++] = (byte) (token >>> 24);
    }

    /** Appends zeros up to a token boundary. */
    void align() {
        ensure(Prompt.TOKEN_BYTES);
        while (length % Prompt.TOKEN_BYTES != 0) {
            bytes[length++] = 0;
        }
    }

    /** Puts the text before what has been written since {@code position}, which moves by whole tokens. */
    void insertAligned(int position, byte[] text) {
        int padded = (text.length + Prompt.TOKEN_BYTES - 1) / Prompt.TOKEN_BYTES * Prompt.TOKEN_BYTES;
        ensure(padded);
        System.arraycopy(bytes, position, bytes, position + padded, length - position);
        System.arraycopy(text, 0, bytes, position, text.length);
        Arrays.fill(bytes, position + text.length, position + padded, (byte) 0);
        length += padded;
    }

    byte[] bytes() {
        return bytes;
    }

    /** The tokens collected so far; the buffer must not be used any more. */
    Prompt toPrompt() {
        align();
        return new Prompt(bytes, length);
    }

    /** The token ids collected so far, which are those of the engine; the buffer must not be used any more. */
    Prompt toExactPrompt() {
        return new Prompt(bytes, length, true, List.of());
    }

    private void ensure(long more) {
        long needed = length + more;
        if (needed > bytes.length) {
            if (needed > MAX_BYTES) {
                throw new MalformedBodyException("the prompt is too large (expected: at most 2 GiB)");
            }
            long size = Math.max(needed, 2L * bytes.length);
            bytes = Arrays.copyOf(
                    bytes, (int) Math.min(MAX_BYTES, size > SMALL_BYTES ? Math.max(size, expectedBytes) : size));
        }
    }

    @Override
    public void flush() {
        // Nothing is held back.
    }

    @Override
    public void close() {
        // Nothing to give back.
    }
}
