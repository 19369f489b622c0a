package io.llmd.kv.hash;

import io.llmd.kv.wire.ByteBuilder;

/**
 * Computes block digests as vLLM's prefix cache does: {@code digest(i) = H(serialise(digest(i-1), tokens(i), extra(i)))}
 * with the domain's root before the first block. Keeps a buffer between calls and is for one thread at a time; get one
 * per thread from {@link HashDomain#newHasher()}.
 *
 * @implNote A block without extra keys allocates nothing once the buffer fits a block.
 */
public final class BlockHasher {

    private static final int INITIAL_BYTES = 256;

    private final byte[] root;
    private final ByteBuilder bytes = new ByteBuilder(INITIAL_BYTES);
    private final Preimage preimage;
    private final DigestFunction digest;

    BlockHasher(BlockHashAlgorithm algorithm, ExtraKeyForm extraKeyForm, byte[] root) {
        this.root = root;
        preimage = new Preimage(algorithm, extraKeyForm, bytes);
        digest = DigestFunction.of(algorithm);
    }

    static byte[] hashOfText(BlockHashAlgorithm algorithm, String text) {
        ByteBuilder bytes = new ByteBuilder(INITIAL_BYTES);
        new Preimage(algorithm, ExtraKeyForm.BARE, bytes).text(text);
        byte[] target = new byte[algorithm.digestBytes()];
        DigestFunction.of(algorithm).digest(bytes.array(), bytes.length(), target, 0);
        return target;
    }

    /** Length of a digest in bytes. */
    public int digestBytes() {
        return root.length;
    }

    /**
     * Hashes the first block of a chain.
     *
     * @param tokens holds the block's tokens at {@code from} to {@code from + count - 1}
     * @param target receives {@link #digestBytes()} bytes at {@code at}
     */
    public void first(int[] tokens, int from, int count, ExtraKeys extraKeys, byte[] target, int at) {
        next(root, 0, tokens, from, count, extraKeys, target, at);
    }

    /**
     * Hashes a block that follows another.
     *
     * @param parent holds the digest of the block before at {@code parentFrom}; may be {@code target}
     * @param tokens holds the block's tokens at {@code from} to {@code from + count - 1}
     * @param target receives {@link #digestBytes()} bytes at {@code at}
     */
    public void next(
            byte[] parent,
            int parentFrom,
            int[] tokens,
            int from,
            int count,
            ExtraKeys extraKeys,
            byte[] target,
            int at) {
        bytes.clear();
        preimage.block(parent, parentFrom, root.length, tokens, from, count, extraKeys);
        digest.digest(bytes.array(), bytes.length(), target, at);
    }

    /** Hashes all full blocks of a prompt; a partial last block has no hash. */
    public BlockHashes chain(int[] tokens, int blockTokens, RequestExtraKeys extraKeys) {
        if (blockTokens <= 0) {
            throw new IllegalArgumentException("blockTokens: " + blockTokens + " (expected: > 0)");
        }
        int blocks = tokens.length / blockTokens;
        byte[] digests = new byte[Math.multiplyExact(blocks, root.length)];
        for (int i = 0; i < blocks; i++) {
            int from = i * blockTokens;
            ExtraKeys keys = extraKeys.forBlock(from, blockTokens);
            if (i == 0) {
                first(tokens, from, blockTokens, keys, digests, 0);
            } else {
                int at = i * root.length;
                next(digests, at - root.length, tokens, from, blockTokens, keys, digests, at);
            }
        }
        return BlockHashes.ofDigests(root.length, digests, 0, blocks);
    }
}
