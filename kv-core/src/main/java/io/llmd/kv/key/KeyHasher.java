package io.llmd.kv.key;

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
    public final void chain(long parent, int[] tokens, int from, int blocks, int blockTokens, long[] keys, int at) {
        long key = parent;
        for (int i = 0; i < blocks; i++) {
            key = next(key, tokens, from + i * blockTokens, blockTokens, null);
            keys[at + i] = key;
        }
    }

    static long nonZero(long key) {
        return key == 0 ? 1 : key;
    }
}
