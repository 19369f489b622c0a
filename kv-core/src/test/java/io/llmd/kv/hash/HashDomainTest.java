package io.llmd.kv.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HashDomainTest {

    @ParameterizedTest
    @CsvSource({
        "sha256_cbor, 0, 4e1195df020de59e0d65a33a4279f1183e7ae4e5d980e309f8b55adff2e61c3e",
        "sha256_cbor, 42, 9fa6eb003f14425eb9c8e6baacfbcaab26257357b829c7bfa74ffcc4f31c1780",
        "sha256_cbor, vllm-none-hash, 9bd96a485ad84efdafb72ee48a1d7a69bcead0f8f0433173941b276b9581eef0",
        "sha256, 0, 1973e23848344dc43a988a9b478663803cfffe1243480253f9a3cf004b14aa7c",
        "sha256, vllm-none-hash, 066b1e8987e027138e98701c46128929378935f9b6cd1549105ae6b4f0d71198",
        "xxhash_cbor, 0, 1ebe36576dcb573f26b99533a20aaeca",
        "xxhash_cbor, 42, a9d2e63407fce1a26c9dc9d7fa2d7caf"
    })
    void rootIsTheHashOfTheSeed(String algorithm, String seed, String root) {
        assertThat(HashDomain.seeded(BlockHashAlgorithm.of(algorithm), seed).root())
                .hasToString(root);
    }

    @ParameterizedTest
    @EnumSource(names = {"SHA256", "SHA256_CBOR"})
    void unseededEnginesAgreeWithSha256(BlockHashAlgorithm algorithm) {
        assertThat(HashDomain.unseeded(algorithm, new SplittableRandom(1)).root())
                .isEqualTo(HashDomain.seeded(algorithm, "vllm-none-hash").root());
    }

    @ParameterizedTest
    @EnumSource(names = {"XXHASH", "XXHASH_CBOR"})
    void unseededEnginesAreAloneWithXxhash(BlockHashAlgorithm algorithm) {
        assertThat(HashDomain.unseeded(algorithm, new SplittableRandom(1)).root())
                .isNotEqualTo(
                        HashDomain.unseeded(algorithm, new SplittableRandom(2)).root());
    }

    @ParameterizedTest
    @EnumSource
    void randomRootsDifferAndHaveTheLengthOfADigest(BlockHashAlgorithm algorithm) {
        BlockHash root = HashDomain.random(algorithm, new SplittableRandom(1)).root();
        assertThat(root)
                .isNotEqualTo(
                        HashDomain.random(algorithm, new SplittableRandom(2)).root());
        assertThat(root.digest()).hasSize(algorithm.digestBytes());
    }

    @Test
    void formOfExtraKeysDoesNotChangeTheRoot() {
        HashDomain bare = HashDomain.seeded(BlockHashAlgorithm.SHA256, "0");
        HashDomain tagged = bare.withExtraKeyForm(ExtraKeyForm.TAGGED);
        assertThat(tagged.root()).isEqualTo(bare.root());
        assertThat(tagged.extraKeyForm()).isEqualTo(ExtraKeyForm.TAGGED);
    }

    @Test
    void unknownAlgorithmIsRejectedWithTheKnownOnes() {
        assertThatThrownBy(() -> BlockHashAlgorithm.of("builtin"))
                .hasMessage(
                        "block hash algorithm: builtin (expected: one of sha256, sha256_cbor, xxhash, xxhash_cbor)");
    }
}
