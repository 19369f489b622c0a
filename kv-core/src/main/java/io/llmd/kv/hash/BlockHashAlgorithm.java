package io.llmd.kv.hash;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Values of vLLM's option {@code --prefix-caching-hash-algo}: how a block is written as bytes, and what hashes these. */
public enum BlockHashAlgorithm {
    /** Pickle, SHA-256. */
    SHA256("sha256", 32),
    /** Canonical CBOR, SHA-256. */
    SHA256_CBOR("sha256_cbor", 32),
    /** Pickle, XXH3-128. */
    XXHASH("xxhash", 16),
    /** Canonical CBOR, XXH3-128. */
    XXHASH_CBOR("xxhash_cbor", 16);

    private final String option;
    private final int digestBytes;

    BlockHashAlgorithm(String option, int digestBytes) {
        this.option = option;
        this.digestBytes = digestBytes;
    }

    /** @throws IllegalArgumentException for an unknown name; the message lists the known ones */
    public static BlockHashAlgorithm of(String option) {
        for (BlockHashAlgorithm algorithm : values()) {
            if (algorithm.option.equals(option)) {
                return algorithm;
            }
        }
        String known = Arrays.stream(values()).map(BlockHashAlgorithm::option).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("block hash algorithm: " + option + " (expected: one of " + known + ")");
    }

    /** The name as vLLM spells it. */
    public String option() {
        return option;
    }

    public int digestBytes() {
        return digestBytes;
    }

    boolean isSha256() {
        return this == SHA256 || this == SHA256_CBOR;
    }

    boolean isCbor() {
        return this == SHA256_CBOR || this == XXHASH_CBOR;
    }
}
