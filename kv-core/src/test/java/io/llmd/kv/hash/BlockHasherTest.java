package io.llmd.kv.hash;

import static io.llmd.kv.hash.BlockHashAlgorithm.SHA256;
import static io.llmd.kv.hash.BlockHashAlgorithm.SHA256_CBOR;
import static io.llmd.kv.hash.BlockHashAlgorithm.XXHASH_CBOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.llmd.kv.wire.ByteBuilder;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of docs and of independent implementations; tokens 1 to 8 in blocks of 4 with seed "0" unless said. */
class BlockHasherTest {

    private static final ExtraKey.Adapter ADAPTER = new ExtraKey.Adapter("sql-adapter", "/adapters/sql");
    private static final List<MediaSpan> IMAGE = List.of(new MediaSpan("a".repeat(64), 2, 4));
    private static final int[] QWEN_CHAT = {
        151644, 8948, 198, 2610, 525, 264, 10950, 17847, 13, 151645, 198, 151644, 872, 198, 9707, 151645
    };

    @Test
    void sha256CborHashesThePreimageOfTheTuple() {
        assertThat(preimage(SHA256_CBOR, "c0ffee")).isEqualTo("83" + "43c0ffee" + "8401020304" + "f6");
        assertThat(chain("0", SHA256_CBOR))
                .isEqualTo("c9d58ba695280d69b243e1e0df813136ca9196b286fb1a021e0b2e028ef071cb"
                        + "24125b23e68883b5c2141db2959d48433fe6bde2f26bd914efad121d154ab2d6");
    }

    @Test
    void sha256HashesThePickledTuple() {
        String root = "1973e23848344dc43a988a9b478663803cfffe1243480253f9a3cf004b14aa7c";
        assertThat(preimage(SHA256, root))
                .isEqualTo("8005" + "953200000000000000" + "4320" + root + "94" + "284b014b024b034b047494" + "4e"
                        + "87942e");
        assertThat(chain("0", SHA256))
                .isEqualTo("762b2e7e1520febd3a0aedb7358e8602facf3924440e18538fce057e23bae91d"
                        + "9e62b5a7ec298f33cb4c7d9e00b659874bb2432d23ad6879ad1746592a2b036b");
    }

    @Test
    void xxhashCborHashesWithTheCanonicalBigEndianDigest() {
        assertThat(chain("0", XXHASH_CBOR))
                .isEqualTo("0a8577df5ee3430515a8cc1f6e3ac52e" + "d152782cb4d753bde718a811a3b75e23");
    }

    @Test
    void idIsTheLastEightBytesOfTheDigest() {
        assertThat(ids("0", SHA256_CBOR, RequestExtraKeys.NONE))
                .containsExactly("2164874634404590027", "17270480062156288726");
        assertThat(ids("0", SHA256, RequestExtraKeys.NONE))
                .containsExactly("10362225831949560093", "12472515041799373675");
        assertThat(ids("0", XXHASH_CBOR, RequestExtraKeys.NONE))
                .containsExactly("1560721706249274670", "16652244415917022755");
    }

    @Test
    void adapterEntersEveryBlock() {
        assertThat(ids("0", SHA256_CBOR, RequestExtraKeys.of(ADAPTER, null)))
                .containsExactly("6107444497143650307", "6576549279461463361");
    }

    @Test
    void saltEntersTheFirstBlock() {
        assertThat(ids("0", SHA256_CBOR, RequestExtraKeys.of(null, "tenant-a")))
                .containsExactly("13195198002585232116", "802162569614849407");
    }

    @Test
    void adapterComesBeforeSalt() {
        assertThat(ids("0", SHA256_CBOR, RequestExtraKeys.of(ADAPTER, "tenant-a")))
                .containsExactly("13260007409658078350", "7990683238458834503");
    }

    @Test
    void imageEntersWithItsOffsetFromTheBlock() {
        assertThat(ids("0", SHA256_CBOR, image(null, null, MediaKeyForm.IDENTIFIER_AND_OFFSET)))
                .containsExactly("4239116585092937849", "10742867941782512980");
    }

    @Test
    void imageEntersAloneInTheOlderForm() {
        assertThat(ids("0", SHA256_CBOR, image(null, null, MediaKeyForm.IDENTIFIER)))
                .containsExactly("8609998983099556792", "16337810585041936743");
    }

    @Test
    void imageComesBetweenAdapterAndSalt() {
        assertThat(ids("0", SHA256_CBOR, image(ADAPTER, "tenant-a", MediaKeyForm.IDENTIFIER_AND_OFFSET)))
                .containsExactly("6188718661969155904", "6064626223492805335");
    }

    @Test
    void blocksOfSixteenTokens() {
        int[] tokens = IntStream.range(0, 48).toArray();
        assertThat(ids("0", SHA256_CBOR, tokens))
                .containsExactly("12687895063098490012", "1814341696565857452", "2713165534665270607");
        assertThat(ids("vllm-none-hash", SHA256_CBOR, tokens))
                .containsExactly("2233398808101521225", "17911472383915781900", "554445467503876716");
        assertThat(ids("vllm-none-hash", SHA256, tokens))
                .containsExactly("3262291359910021016", "7142137847444424233", "11309060389865205804");
    }

    @Test
    void largeTokenIdsTakeTheirShortestForm() {
        HashDomain domain = HashDomain.seeded(SHA256_CBOR, "vllm-none-hash");
        assertThat(preimage(SHA256_CBOR, "", QWEN_CHAT))
                .isEqualTo("83" + "40" + "90" + "1a0002505c1922f418c6190a3219020d190108192ac61945b70d1a0002505d18c6"
                        + "1a0002505c19036818c61925eb1a0002505d" + "f6");
        BlockHashes hashes = domain.newHasher().chain(QWEN_CHAT, 16, RequestExtraKeys.NONE);
        assertThat(hashes.get(0)).hasToString("e36034ab219058ad78502f1d79e52ac433e8ddc40201a2842e2629aba84246cb");
        assertThat(hashes.id(0)).isEqualTo(3325391192098752203L);
    }

    @Test
    void partialLastBlockHasNoHash() {
        BlockHasher hasher = HashDomain.seeded(SHA256_CBOR, "0").newHasher();
        assertThat(hasher.chain(new int[] {1, 2, 3, 4, 5, 6, 7}, 4, RequestExtraKeys.NONE)
                        .size())
                .isEqualTo(1);
        assertThat(hasher.chain(new int[3], 4, RequestExtraKeys.NONE).size()).isZero();
    }

    @Test
    void nonPositiveBlockSizeIsRejected() {
        BlockHasher hasher = HashDomain.seeded(SHA256_CBOR, "0").newHasher();
        assertThatThrownBy(() -> hasher.chain(new int[3], 0, RequestExtraKeys.NONE))
                .hasMessage("blockTokens: 0 (expected: > 0)");
    }

    @Test
    void parentAndTargetMayBeTheSameBytes() {
        BlockHasher hasher = HashDomain.seeded(SHA256_CBOR, "0").newHasher();
        int[] tokens = IntStream.rangeClosed(1, 8).toArray();
        byte[] digest = new byte[40];
        hasher.first(tokens, 0, 4, ExtraKeys.NONE, digest, 8);
        hasher.next(digest, 8, tokens, 4, 4, ExtraKeys.NONE, digest, 8);
        assertThat(BlockHash.id(digest, 8, 32)).isEqualTo(Long.parseUnsignedLong("17270480062156288726"));
    }

    @Test
    void targetThatIsTooShortIsRejected() {
        for (BlockHashAlgorithm algorithm : BlockHashAlgorithm.values()) {
            BlockHasher hasher = HashDomain.seeded(algorithm, "0").newHasher();
            assertThatThrownBy(() -> hasher.first(new int[4], 0, 4, ExtraKeys.NONE, new byte[15], 0))
                    .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void textOnlyBlockAllocatesNothing(BlockHashAlgorithm algorithm) {
        BlockHasher hasher = HashDomain.seeded(algorithm, "0").newHasher();
        int[] tokens = IntStream.range(0, 16 * 1000).toArray();
        byte[] digest = new byte[hasher.digestBytes()];
        walk(hasher, tokens, digest);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        walk(hasher, tokens, digest);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1000);
    }

    private static void walk(BlockHasher hasher, int[] tokens, byte[] digest) {
        hasher.first(tokens, 0, 16, ExtraKeys.NONE, digest, 0);
        for (int i = 16; i < tokens.length; i += 16) {
            hasher.next(digest, 0, tokens, i, 16, ExtraKeys.NONE, digest, 0);
        }
    }

    private static RequestExtraKeys image(
            ExtraKey.@Nullable Adapter adapter, @Nullable String salt, MediaKeyForm form) {
        return new RequestExtraKeys(adapter, IMAGE, salt, form);
    }

    private static String preimage(BlockHashAlgorithm algorithm, String parent) {
        return preimage(algorithm, parent, 1, 2, 3, 4);
    }

    private static String preimage(BlockHashAlgorithm algorithm, String parent, int... tokens) {
        ByteBuilder bytes = new ByteBuilder(1);
        byte[] digest = HexFormat.of().parseHex(parent);
        new Preimage(algorithm, ExtraKeyForm.BARE, bytes)
                .block(digest, 0, digest.length, tokens, 0, tokens.length, ExtraKeys.NONE);
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static String chain(String seed, BlockHashAlgorithm algorithm) {
        BlockHashes hashes = HashDomain.seeded(algorithm, seed)
                .newHasher()
                .chain(IntStream.rangeClosed(1, 8).toArray(), 4, RequestExtraKeys.NONE);
        return hashes.get(0).toString() + hashes.get(1);
    }

    private static List<String> ids(String seed, BlockHashAlgorithm algorithm, RequestExtraKeys keys) {
        int[] tokens = IntStream.rangeClosed(1, 8).toArray();
        return ids(HashDomain.seeded(algorithm, seed).newHasher().chain(tokens, 4, keys));
    }

    private static List<String> ids(String seed, BlockHashAlgorithm algorithm, int[] tokens) {
        return ids(HashDomain.seeded(algorithm, seed).newHasher().chain(tokens, 16, RequestExtraKeys.NONE));
    }

    private static List<String> ids(BlockHashes hashes) {
        return LongStream.range(0, hashes.size())
                .mapToObj(i -> Long.toUnsignedString(hashes.id((int) i)))
                .toList();
    }
}
