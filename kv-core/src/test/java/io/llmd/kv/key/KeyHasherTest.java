package io.llmd.kv.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors of specs/kv-cache-index.md 2.6 and 2.7. */
class KeyHasherTest {

    private static final int[] EIGHT = IntStream.rangeClosed(1, 8).toArray();
    private static final int[] FORTY_EIGHT = IntStream.range(0, 48).toArray();
    private static final String[] SALT = {"tenant-a"};

    @Test
    void cborFnvMatchesLlmD() {
        KeyHasher hasher = KeyHasher.of(KeyMode.CBOR_FNV, "");
        assertThat(hex(hasher, "m", 4, EIGHT, null)).isEqualTo("9ddb2db69f3f452c cbd1586ecc3519c9 88ca5c4ae336e982");
        assertThat(hex(hasher, "m", 4, EIGHT, SALT)).isEqualTo("9ddb2db69f3f452c 53d1f4753548015d 9e344d50b4372ab1");
        assertThat(hex(hasher, "sql-adapter", 4, EIGHT, null))
                .isEqualTo("727d08b2f8d5084f 7d73310006f148d8 82b60e27773880cd");
        assertThat(hex(hasher, "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("9ae110ccacd232c8 d38c4f80cbb28438 5ef65d1f68072f80 08c513e3181d6a47");
        assertThat(hex(KeyHasher.of(KeyMode.CBOR_FNV, "42"), "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("7fdf8ea5c9b70121 342fdddc30a420b8 1994f9f3f117c8c5 7c5f4eb9b43e25bf");
    }

    @Test
    void xxh64MatchesLlmD() {
        KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
        assertThat(hex(hasher, "m", 4, EIGHT, null)).isEqualTo("c90cbf5421a4994b 545d26412a51d38e 906da2cfdbcd5134");
        assertThat(hex(hasher, "m", 4, EIGHT, SALT)).isEqualTo("c90cbf5421a4994b 2dac0b5cee204b47 ce0092f0bdbdbe71");
        assertThat(hex(hasher, "sql-adapter", 4, EIGHT, null))
                .isEqualTo("af18c7ef7f372f02 eb45697eb6697c7a 2bcee97d80093e1c");
        assertThat(hex(hasher, "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("cee0ff3534bfff6a c0a485af00144e2f b007a6bfd36740a7 e83137a84dd8b369");
        assertThat(hex(KeyHasher.of(KeyMode.XXH64, "42"), "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("da5aa4ce646de549 71073e26a2e98552 6fb3c32af8528085 3305862f7c33e495");
    }

    @Test
    void fold64MatchesItsDefinition() {
        KeyHasher hasher = KeyHasher.of(KeyMode.FOLD64, "");
        assertThat(hex(hasher, "m", 16, FORTY_EIGHT, null))
                .isEqualTo("9b29137f14affb50 35bbd19413932f78 78fc25a585df9961 17ff9e38aafffc5b");
        assertThat(hex(hasher, "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("5e4875ec980cd0fc e7debe2428b46534 006fdf565d78b2ff 229387cc556f340c");
        assertThat(hex(KeyHasher.of(KeyMode.FOLD64, "42"), "Qwen/Qwen3-32B", 16, FORTY_EIGHT, null))
                .isEqualTo("dcd18efdd5d42a0f 80b15c9bf145dcde 1ac9839670b1fb89 33b40cdaf0a8fa5b");
        assertThat(hex(hasher, "m", 4, EIGHT, null)).isEqualTo("9b29137f14affb50 2f7fc45f797fccf9 2e1a5a5b86582285");
        assertThat(hex(hasher, "m", 4, EIGHT, SALT)).isEqualTo("9b29137f14affb50 5b768c3eb353d442 6b7c7e9866fb51c7");
    }

    @Test
    void xxh64OfWordsIsXxh64OfTheirBytesAtEveryLength() {
        Random random = new Random(7);
        for (int count = 0; count < 200; count++) {
            int[] tokens = random.ints(count + 3).toArray();
            long first = random.nextLong();
            ByteBuffer bytes = ByteBuffer.allocate(8 + 4 * count).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putLong(first);
            for (int i = 0; i < count; i++) {
                bytes.putInt(tokens[3 + i]);
            }
            assertThat(Xxh64.hash(first, tokens, 3, count))
                    .as("%d tokens", count)
                    .isEqualTo(LongHashFunction.xx().hashBytes(bytes.array()));
        }
    }

    @ParameterizedTest
    @EnumSource(KeyMode.class)
    void chainsOfIntsAndOfBytesAreOneBlockAfterTheOther(KeyMode mode) {
        KeyHasher hasher = KeyHasher.of(mode, "seed");
        int[] tokens = new Random(3).ints(5 + 6 * 16, 0, Integer.MAX_VALUE).toArray();
        ByteBuffer bytes = ByteBuffer.allocateDirect(3 + 4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tokens.length; i++) {
            bytes.putInt(3 + 4 * i, tokens[i]);
        }
        for (int blockTokens : new int[] {4, 16, 24}) {
            int blocks = (tokens.length - 5) / blockTokens;
            long[] expected = new long[blocks];
            long key = 7;
            for (int i = 0; i < blocks; i++) {
                key = hasher.next(key, tokens, 5 + i * blockTokens, blockTokens, null);
                expected[i] = key;
            }
            long[] ofInts = new long[blocks + 1];
            hasher.chain(7, tokens, 5, blocks, blockTokens, ofInts, 1);
            assertThat(Arrays.copyOfRange(ofInts, 1, blocks + 1)).isEqualTo(expected);
            long[] ofBytes = new long[blocks + 1];
            int any = hasher.chain(7, bytes, 3 + 4 * 5, blocks, blockTokens, ofBytes, 1);
            assertThat(Arrays.copyOfRange(ofBytes, 1, blocks + 1)).isEqualTo(expected);
            assertThat(any)
                    .isEqualTo(
                            Arrays.stream(tokens, 5, 5 + blocks * blockTokens).reduce(0, (all, each) -> all | each));
        }
    }

    @Test
    void aNegativeTokenShowsWhereverItIs() {
        KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
        for (int place = 0; place < 32; place++) {
            ByteBuffer bytes = ByteBuffer.allocate(32 * 4).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(4 * place, -1);
            assertThat(hasher.chain(7, bytes, 0, 2, 16, new long[2], 0)).isNegative();
        }
    }

    @Test
    void fold64TakesBlocksOfAnyLength() {
        KeyHasher hasher = KeyHasher.of(KeyMode.FOLD64, "");
        int[] tokens = IntStream.range(0, 5000).toArray();
        assertThat(IntStream.rangeClosed(1, 5000)
                        .mapToLong(count -> hasher.next(1, tokens, 0, count, null))
                        .distinct()
                        .count())
                .isEqualTo(5000);
    }

    private static String hex(
            KeyHasher hasher, String model, int blockTokens, int[] tokens, String @Nullable [] firstExtras) {
        long key = hasher.root(model);
        StringBuilder text = new StringBuilder(format(key));
        for (int at = 0; at < tokens.length; at += blockTokens) {
            key = hasher.next(key, tokens, at, blockTokens, at == 0 ? firstExtras : null);
            text.append(' ').append(format(key));
        }
        return text.toString();
    }

    private static String format(long key) {
        return String.format("%016x", key);
    }
}
