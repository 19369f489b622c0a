package io.llmd.scheduler.scheduling;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/**
 * One prompt as tokens: unsigned 32-bit, little endian, four bytes each. They are exact where they are those that the
 * engine has: the client sent them, or a {@link PromptTokenizer} made them. Otherwise they are an estimate: text is taken as
 * it is, so that four bytes of it count as one token, and the last token is filled with zeros.
 *
 * <p>The array is not copied and must not change.
 *
 * @param bytes tokens
 * @param length used bytes of the array, a multiple of 4
 * @param isExact whether the tokens are those of the engine, and {@code media} is complete
 * @param media placeholders of media among exact tokens, by offset; empty for an estimate
 */
public record Prompt(byte[] bytes, int length, boolean isExact, List<MediaFeature> media) {

    /** Bytes of one token. */
    public static final int TOKEN_BYTES = 4;

    public Prompt {
        Objects.requireNonNull(bytes, "bytes");
        if (length < 0 || length > bytes.length || length % TOKEN_BYTES != 0) {
            throw new IllegalArgumentException(
                    "length: " + length + " (expected: multiple of 4 in [0, " + bytes.length + "])");
        }
        media = List.copyOf(media);
        for (int i = 0; i < media.size(); i++) {
            MediaFeature item = media.get(i);
            if (!isExact || item.offset() + (long) item.length() > length / TOKEN_BYTES) {
                throw new IllegalArgumentException("media: " + item.length() + " tokens at " + item.offset()
                        + " (expected: within " + (isExact ? length / TOKEN_BYTES : 0) + " exact tokens)");
            }
        }
    }

    /** An estimate. */
    public Prompt(byte[] bytes, int length) {
        this(bytes, length, false, List.of());
    }

    /** Exact tokens. @throws IllegalArgumentException when media are not within them */
    public static Prompt exact(int[] tokens, List<MediaFeature> media) {
        byte[] bytes = new byte[Math.multiplyExact(tokens.length, TOKEN_BYTES)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(tokens);
        return new Prompt(bytes, bytes.length, true, media);
    }

    /** Number of tokens. */
    public int tokens() {
        return length / TOKEN_BYTES;
    }

    /**
     * Copy of the exact tokens; ids beyond 2^31 are negative.
     *
     * @throws IllegalStateException when they are an estimate, which has no ids
     * @implNote linear, one bulk copy
     */
    public int[] tokenIds() {
        if (!isExact) {
            throw new IllegalStateException("the tokens are an estimate (expected: exact ones)");
        }
        int[] ids = new int[tokens()];
        ByteBuffer.wrap(bytes, 0, length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(ids);
        return ids;
    }
}
