package io.llmd.kv.key;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/** llm-d's {@code xxh64}: parent, tokens and extras as little endian bytes, hashed with seed 0. */
final class Xxh64KeyHasher extends KeyHasher {

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
