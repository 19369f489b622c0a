package io.llmd.simulator.kvevents;

import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.ExtraKeyForm;
import io.llmd.kv.hash.HashDomain;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How blocks are named in KV events.
 *
 * @param seed value of {@code PYTHONHASHSEED}; null for an engine that runs without
 * @param extraKeyForm how adapter, media and salt enter a hash
 */
public record BlockHashing(
        BlockHashAlgorithm algorithm, @Nullable String seed, ExtraKeyForm extraKeyForm) {

    /** SHA-256 over pickled blocks with seed 0. */
    public static final BlockHashing DEFAULT = new BlockHashing(BlockHashAlgorithm.SHA256, "0", ExtraKeyForm.BARE);

    public BlockHashing {
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(extraKeyForm, "extraKeyForm");
    }

    /** What engines of this kind have in common; drawn from {@code random} where they have nothing. */
    HashDomain domain(RandomGenerator random) {
        HashDomain domain = seed == null ? HashDomain.unseeded(algorithm, random) : HashDomain.seeded(algorithm, seed);
        return domain.withExtraKeyForm(extraKeyForm);
    }
}
