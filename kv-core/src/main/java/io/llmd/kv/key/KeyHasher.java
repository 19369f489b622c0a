package io.llmd.kv.key;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Computes the chained keys of a prompt's blocks: {@code key(i) = H(key(i-1), tokens(i), extras(i))}, with
 * {@code key(-1) = root(model)}. Index and request side must use the same mode and seed; engines' own hashes do not
 * matter. A key is never 0, which stands for "none". Safe from any thread; allocates nothing for blocks without extras.
 *
 * <p>Sources: llm-d's {@code cbor-fnv} and {@code xxh64}; XXH64 (Collet); FNV-1a (Fowler, Noll, Vo).
 */
public abstract sealed class KeyHasher permits Xxh64KeyHasher, CborFnvKeyHasher, Fold64KeyHasher {

    /** A hasher. @param seed part of every key; empty is a seed like any other */
    public static KeyHasher of(KeyMode mode, String seed) {
        return switch (mode) {
            case XXH64 -> new Xxh64KeyHasher(seed);
            case CBOR_FNV -> new CborFnvKeyHasher(seed);
            case FOLD64 -> new Fold64KeyHasher(seed);
        };
    }

    /** Key before the first block. @param model name of the model, or of the adapter that computes the blocks */
    public abstract long root(String model);

    /**
     * Key of one block.
     *
     * @param parent key of the block before it, or the root
     * @param tokens holds the block's tokens at {@code from} to {@code from + count - 1}
     * @param extras strings that tell blocks apart besides tokens, in order; null for none
     */
    public abstract long next(long parent, int[] tokens, int from, int count, String @Nullable [] extras);

    /**
     * Keys of consecutive blocks without extras.
     *
     * @param parent key of the block before the first one, or the root
     * @param keys receives {@code blocks} keys at {@code at}
     */
    public void chain(long parent, int[] tokens, int from, int blocks, int blockTokens, long[] keys, int at) {
        long key = parent;
        for (int i = 0; i < blocks; i++) {
            key = next(key, tokens, from + i * blockTokens, blockTokens, null);
            keys[at + i] = key;
        }
    }

    /**
     * Keys of consecutive blocks without extras, whose tokens are bytes.
     *
     * @param parent key of the block before the first one, or the root
     * @param tokens four bytes each, little-endian, from place {@code from} of the buffer on; its position does not change, its
     *     order must be little-endian
     * @param keys receives {@code blocks} keys at {@code at}
     * @return all these tokens, bit by bit or-ed: negative if any of them is
     */
    public int chain(long parent, ByteBuffer tokens, int from, int blocks, int blockTokens, long[] keys, int at) {
        int[] block = new int[blockTokens];
        long key = parent;
        int any = 0;
        for (int i = 0; i < blocks; i++) {
            for (int token = 0; token < blockTokens; token++) {
                block[token] = tokens.getInt(from + (i * blockTokens + token) * Integer.BYTES);
                any |= block[token];
            }
            key = next(key, block, 0, blockTokens, null);
            keys[at + i] = key;
        }
        return any;
    }

    static long nonZero(long key) {
        return key == 0 ? 1 : key;
    }
}
