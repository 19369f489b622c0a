package io.llmd.kv.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Strings of UTF-8 bytes, the same object again for bytes that were seen lately. A table with one place per hash, in which
 * the latest bytes win: bounded, and no allocation for what repeats.
 */
final class InternedStrings {

    /** Longer text is not kept. */
    private static final int MAX_KEPT_BYTES = 256;

    private final byte[] @Nullable [] keys;
    private final String[] values;
    private final int mask;

    /** @param places a power of two */
    InternedStrings(int places) {
        keys = new byte[places][];
        values = new String[places];
        mask = places - 1;
    }

    String get(byte[] bytes, int from, int count) {
        if (count > MAX_KEPT_BYTES) {
            return new String(bytes, from, count, StandardCharsets.UTF_8);
        }
        int place = place(bytes, from, count);
        byte[] key = keys[place];
        if (key != null && Arrays.equals(key, 0, key.length, bytes, from, from + count)) {
            return values[place];
        }
        String value = new String(bytes, from, count, StandardCharsets.UTF_8);
        keys[place] = Arrays.copyOfRange(bytes, from, from + count);
        values[place] = value;
        return value;
    }

    private int place(byte[] bytes, int from, int count) {
        int hash = count;
        for (int i = from; i < from + count; i++) {
            hash = 31 * hash + bytes[i];
        }
        return (hash ^ hash >>> 15) & mask;
    }
}
