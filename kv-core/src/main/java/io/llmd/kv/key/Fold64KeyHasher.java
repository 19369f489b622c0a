package io.llmd.kv.key;

import java.nio.charset.StandardCharsets;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/**
 * Multiply and fold. Tokens are packed two to a word, low half first; the content of a block is the count of its tokens
 * plus, for each pair of words, the folded product of both after an exclusive-or with keys of their own (an NH-type
 * universal hash). Content does not depend on the parent, so the processor works on several blocks at once; one product
 * per block is in sequence.
 */
final class Fold64KeyHasher extends KeyHasher {

    private static final LongHashFunction XXH64 = LongHashFunction.xx();
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    private static final int INITIAL_KEYS = 64;

    private final long seed;
    private volatile long[] keys;

    Fold64KeyHasher(String seedText) {
        seed = XXH64.hashBytes(seedText.getBytes(StandardCharsets.UTF_8));
        keys = keys(INITIAL_KEYS);
    }

    @Override
    public long root(String model) {
        return nonZero(LongHashFunction.xx(seed).hashBytes(model.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public long next(long parent, int[] tokens, int from, int count, String @Nullable [] extras) {
        long[] k = keys(count / 2 + 4, keys);
        long content = count;
        int at = from;
        int end = from + count;
        int word = 2;
        for (; at + 4 <= end; at += 4, word += 2) {
            content += fold(pair(tokens, at) ^ k[word], pair(tokens, at + 2) ^ k[word + 1]);
        }
        if (at < end) {
            long first = at + 1 < end ? pair(tokens, at) : Integer.toUnsignedLong(tokens[at]);
            long second = at + 2 < end ? Integer.toUnsignedLong(tokens[at + 2]) : 0;
            content += fold(first ^ k[word], second ^ k[word + 1]);
        }
        if (extras != null) {
            for (String extra : extras) {
                content = fold(content ^ XXH64.hashBytes(extra.getBytes(StandardCharsets.UTF_8)), k[1]);
            }
        }
        return nonZero(fold(parent ^ content, k[0] ^ Long.rotateLeft(content, 32)));
    }

    private static long pair(int[] tokens, int at) {
        return Integer.toUnsignedLong(tokens[at]) | (long) tokens[at + 1] << 32;
    }

    private static long fold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    private long[] keys(int needed, long[] present) {
        if (needed <= present.length) {
            return present;
        }
        long[] more = keys(needed * 2);
        keys = more;
        return more;
    }

    /** Outputs of SplitMix64 (Steele, Lea, Flood) from the seed on. */
    private long[] keys(int count) {
        long[] result = new long[count];
        long state = seed;
        for (int i = 0; i < count; i++) {
            state += GAMMA;
            long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            result[i] = z ^ z >>> 31;
        }
        return result;
    }
}
