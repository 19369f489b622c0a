package io.llmd.kv.hash;

import java.util.random.RandomGenerator;

/**
 * Engines whose equal blocks have equal hashes: they use one algorithm, one root and one form
 * of extra keys. Immutable, safe from any thread;
 * a {@link BlockHasher} belongs to one.
 */
public final class HashDomain {

    private static final String FIXED_SEED = "vllm-none-hash";

    private final BlockHashAlgorithm algorithm;
    private final ExtraKeyForm extraKeyForm;
    private final BlockHash root;

    private HashDomain(BlockHashAlgorithm algorithm, ExtraKeyForm extraKeyForm, BlockHash root) {
        this.algorithm = algorithm;
        this.extraKeyForm = extraKeyForm;
        this.root = root;
    }

    /** An engine that runs with {@code PYTHONHASHSEED} set to this text. */
    public static HashDomain seeded(BlockHashAlgorithm algorithm, String seed) {
        byte[] root = BlockHasher.hashOfText(algorithm, seed);
        return new HashDomain(algorithm, ExtraKeyForm.BARE, BlockHash.of(root, 0, root.length));
    }

    /**
     * An engine that runs without {@code PYTHONHASHSEED}: with SHA-256 all such engines agree, with XXH3 each is alone.
     * Engines before August 2026 are alone with SHA-256 too, see {@link #random}.
     */
    public static HashDomain unseeded(BlockHashAlgorithm algorithm, RandomGenerator random) {
        return algorithm.isSha256() ? seeded(algorithm, FIXED_SEED) : random(algorithm, random);
    }

    /** An engine with a root of its own, which nobody else can compute. */
    public static HashDomain random(BlockHashAlgorithm algorithm, RandomGenerator random) {
        byte[] root = new byte[algorithm.digestBytes()];
        random.nextBytes(root);
        return new HashDomain(algorithm, ExtraKeyForm.BARE, BlockHash.of(root, 0, root.length));
    }

    public HashDomain withExtraKeyForm(ExtraKeyForm form) {
        return new HashDomain(algorithm, form, root);
    }

    public BlockHashAlgorithm algorithm() {
        return algorithm;
    }

    public ExtraKeyForm extraKeyForm() {
        return extraKeyForm;
    }

    /** The parent of every first block; vLLM calls it {@code NONE_HASH}. */
    public BlockHash root() {
        return root;
    }

    /** A hasher for one thread. */
    public BlockHasher newHasher() {
        return new BlockHasher(algorithm, extraKeyForm, root.digest());
    }
}
