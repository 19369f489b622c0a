package io.llmd.kv.key;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** llm-d's {@code cbor-fnv}: FNV-1a with 64 bits over the canonical CBOR of {@code [parent, tokens, extras]}. */
final class CborFnvKeyHasher extends KeyHasher {

    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;
    private static final int UNSIGNED = 0x00;
    private static final int TEXT = 0x60;
    private static final int ARRAY = 0x80;
    private static final int MAP_OF_ONE = 0xA1;
    private static final int NULL = 0xF6;
    private static final String EXTRA_NAME = "Hash";

    private final long start;

    CborFnvKeyHasher(String seed) {
        long hash = OFFSET;
        for (byte b : seed.getBytes(StandardCharsets.UTF_8)) {
            hash = octet(hash, b);
        }
        start = hash;
    }

    @Override
    public long root(String model) {
        long hash = head(OFFSET, ARRAY, 3);
        hash = head(hash, UNSIGNED, start);
        hash = octet(hash, NULL);
        return nonZero(text(hash, model));
    }

    @Override
    public long next(long parent, int[] tokens, int from, int count, String @Nullable [] extras) {
        long hash = head(OFFSET, ARRAY, 3);
        hash = head(hash, UNSIGNED, parent);
        hash = head(hash, ARRAY, count);
        for (int i = from; i < from + count; i++) {
            hash = head(hash, UNSIGNED, Integer.toUnsignedLong(tokens[i]));
        }
        if (extras == null || extras.length == 0) {
            return nonZero(octet(hash, NULL));
        }
        hash = head(hash, ARRAY, extras.length);
        for (String extra : extras) {
            hash = text(text(octet(hash, MAP_OF_ONE), EXTRA_NAME), extra);
        }
        return nonZero(hash);
    }

    private static long text(long hash, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        long result = head(hash, TEXT, utf8.length);
        for (byte b : utf8) {
            result = octet(result, b);
        }
        return result;
    }

    /** The shortest head for an unsigned value. */
    private static long head(long hash, int major, long value) {
        if (value >= 0 && value < 24) {
            return octet(hash, major | (int) value);
        }
        if (value >= 0 && value < 1 << 8) {
            return octets(octet(hash, major | 24), value, 1);
        }
        if (value >= 0 && value < 1 << 16) {
            return octets(octet(hash, major | 25), value, 2);
        }
        return value >= 0 && value < 1L << 32
                ? octets(octet(hash, major | 26), value, 4)
                : octets(octet(hash, major | 27), value, 8);
    }

    private static long octets(long hash, long value, int bytes) {
        long result = hash;
        for (int shift = (bytes - 1) * Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            result = octet(result, (int) (value >>> shift));
        }
        return result;
    }

    private static long octet(long hash, int value) {
        return (hash ^ value & 0xff) * PRIME;
    }
}
