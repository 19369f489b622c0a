package io.llmd.kv.key;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/** llm-d's {@code xxh64}: parent, tokens and extras as little endian bytes, hashed with seed 0. */
final class Xxh64KeyHasher extends KeyHasher {

    /** Tokens of a block in most engines. */
    private static final int USUAL_TOKENS = 16;

    private static final LongHashFunction XXH64 = LongHashFunction.xx();

    private final long start;

    Xxh64KeyHasher(String seed) {
        start = XXH64.hashBytes(seed.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public long root(String model) {
        return nonZero(hash(start, new int[0], 0, 0, new String[] {model}));
    }

    @Override
    public long next(long parent, int[] tokens, int from, int count, String @Nullable [] extras) {
        return nonZero(
                extras == null || extras.length == 0
                        ? Xxh64.hash(parent, tokens, from, count)
                        : hash(parent, tokens, from, count, extras));
    }

    @Override
    public void chain(long parent, int[] tokens, int from, int blocks, int blockTokens, long[] keys, int at) {
        if (blockTokens != USUAL_TOKENS) {
            super.chain(parent, tokens, from, blocks, blockTokens, keys, at);
            return;
        }
        long key = parent;
        int first = from;
        for (int i = at; i < at + blocks; i++) {
            key = nonZero(Xxh64.hash(
                    key,
                    Xxh64.pair(tokens, first),
                    Xxh64.pair(tokens, first + 2),
                    Xxh64.pair(tokens, first + 4),
                    Xxh64.pair(tokens, first + 6),
                    Xxh64.pair(tokens, first + 8),
                    Xxh64.pair(tokens, first + 10),
                    Xxh64.pair(tokens, first + 12),
                    Xxh64.pair(tokens, first + 14)));
            keys[i] = key;
            first += USUAL_TOKENS;
        }
    }

    @Override
    public int chain(long parent, ByteBuffer tokens, int from, int blocks, int blockTokens, long[] keys, int at) {
        if (blockTokens != USUAL_TOKENS) {
            return super.chain(parent, tokens, from, blocks, blockTokens, keys, at);
        }
        long key = parent;
        long any = 0;
        int first = from;
        for (int i = at; i < at + blocks; i++) {
            long w1 = tokens.getLong(first);
            long w2 = tokens.getLong(first + 8);
            long w3 = tokens.getLong(first + 16);
            long w4 = tokens.getLong(first + 24);
            long w5 = tokens.getLong(first + 32);
            long w6 = tokens.getLong(first + 40);
            long w7 = tokens.getLong(first + 48);
            long w8 = tokens.getLong(first + 56);
            any |= w1 | w2 | w3 | w4 | w5 | w6 | w7 | w8;
            key = nonZero(Xxh64.hash(key, w1, w2, w3, w4, w5, w6, w7, w8));
            keys[i] = key;
            first += USUAL_TOKENS * Integer.BYTES;
        }
        return (int) (any | any >>> Integer.SIZE);
    }

    private static long hash(long parent, int[] tokens, int from, int count, String[] extras) {
        byte[][] texts = new byte[extras.length][];
        int length = Long.BYTES + count * Integer.BYTES;
        for (int i = 0; i < extras.length; i++) {
            texts[i] = extras[i].getBytes(StandardCharsets.UTF_8);
            length += Long.BYTES + texts[i].length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(parent);
        for (int i = from; i < from + count; i++) {
            bytes.putInt(tokens[i]);
        }
        for (byte[] text : texts) {
            bytes.putLong(text.length).put(text);
        }
        return XXH64.hashBytes(bytes.array());
    }
}
