package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * One prompt as tokens: unsigned 32-bit, little endian, four bytes each. Token ids that the client sent are exact. Text
 * is taken as it is, so that four bytes of it count as one token; the last token is filled with zeros.
 *
 * <p>The array is not copied and must not change.
 *
 * @param bytes tokens
 * @param length used bytes of the array, a multiple of 4
 */
public record Prompt(byte[] bytes, int length) {

    /** Bytes of one token. */
    public static final int TOKEN_BYTES = 4;

    public Prompt {
        Objects.requireNonNull(bytes, "bytes");
        if (length < 0 || length > bytes.length || length % TOKEN_BYTES != 0) {
            throw new IllegalArgumentException(
                    "length: " + length + " (expected: multiple of 4 in [0, " + bytes.length + "])");
        }
    }

    /** Number of tokens. */
    public int tokens() {
        return length / TOKEN_BYTES;
    }
}
