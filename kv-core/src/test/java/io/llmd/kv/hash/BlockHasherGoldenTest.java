package io.llmd.kv.hash;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Digests that CPython computed, see {@code src/test/python/golden_hashes.py}. */
class BlockHasherGoldenTest {

    private static final ExtraKey.Adapter ADAPTER = new ExtraKey.Adapter("sql-adapter", "/adapters/sql");
    private static final MediaSpan IMAGE = new MediaSpan("a".repeat(64), 2, 4);

    static List<Arguments> rows() throws IOException {
        return Golden.rows("block-hashes.tsv").stream()
                .map(row -> Arguments.of(String.join(" ", Arrays.copyOf(row, row.length - 1)), row))
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void digestsAreThoseOfPython(String name, String[] row) {
        BlockHashAlgorithm algorithm = BlockHashAlgorithm.of(row[1]);
        String actual = switch (row[0]) {
            case "root" -> HashDomain.seeded(algorithm, seed(row[2])).root().toString();
            case "chain" -> chain(algorithm, ExtraKeyForm.valueOf(row[2]), row[3], Integer.parseInt(row[4]));
            case "wide" -> one(algorithm, 0, 23, 24, 127, 128, 255, 256, 65535, 65536, 151644, 2147483647, 32);
            case "large" -> one(algorithm, IntStream.range(100000, 130000).toArray());
            default -> throw new IllegalArgumentException(row[0]);
        };
        assertThat(actual).isEqualTo(row[row.length - 1]);
    }

    private static String seed(String text) {
        int times = text.indexOf('*');
        return times < 0 ? text : text.substring(0, times).repeat(Integer.parseInt(text.substring(times + 1)));
    }

    private static String one(BlockHashAlgorithm algorithm, int... tokens) {
        BlockHasher hasher = HashDomain.seeded(algorithm, "0").newHasher();
        return hasher.chain(tokens, tokens.length, RequestExtraKeys.NONE).get(0).toString();
    }

    private static String chain(BlockHashAlgorithm algorithm, ExtraKeyForm form, String keys, int blockTokens) {
        BlockHasher hasher =
                HashDomain.seeded(algorithm, "0").withExtraKeyForm(form).newHasher();
        int[] tokens = IntStream.rangeClosed(1, 3 * blockTokens).toArray();
        if (keys.equals("embedding")) {
            return embeddingChain(hasher, tokens);
        }
        BlockHashes hashes = hasher.chain(tokens, blockTokens, extraKeys(keys));
        return IntStream.range(0, 3).mapToObj(i -> hashes.get(i).toString()).collect(Collectors.joining(" "));
    }

    private static String embeddingChain(BlockHasher hasher, int[] tokens) {
        byte[] embedding = new byte[32];
        for (int i = 0; i < embedding.length; i++) {
            embedding[i] = (byte) i;
        }
        ExtraKeys keys = ExtraKeys.of(ADAPTER).with(new ExtraKey.PromptEmbedding(embedding));
        byte[] digest = new byte[hasher.digestBytes()];
        List<String> digests = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            if (i == 0) {
                hasher.first(tokens, 0, 4, keys, digest, 0);
            } else {
                hasher.next(digest, 0, tokens, 4 * i, 4, keys, digest, 0);
            }
            digests.add(BlockHash.of(digest, 0, digest.length).toString());
        }
        return String.join(" ", digests);
    }

    private static RequestExtraKeys extraKeys(String name) {
        return switch (name) {
            case "none" -> RequestExtraKeys.NONE;
            case "adapter" -> RequestExtraKeys.of(ADAPTER, null);
            case "salt" -> RequestExtraKeys.of(null, "tenant-a");
            case "adapterAndSalt" -> RequestExtraKeys.of(ADAPTER, "tenant-a");
            case "longSalt" -> RequestExtraKeys.of(null, "é".repeat(400));
            case "hugeSalt" -> RequestExtraKeys.of(null, "s".repeat(70000));
            case "image" -> new RequestExtraKeys(null, List.of(IMAGE), null, MediaKeyForm.IDENTIFIER_AND_OFFSET);
            case "everything" ->
                new RequestExtraKeys(ADAPTER, List.of(IMAGE), "tenant-a", MediaKeyForm.IDENTIFIER_AND_OFFSET);
            case "twoImages" ->
                new RequestExtraKeys(
                        null,
                        List.of(new MediaSpan("a".repeat(64), 0, 2), new MediaSpan("b".repeat(64), 2, 2)),
                        null,
                        MediaKeyForm.IDENTIFIER_AND_OFFSET);
            default -> throw new IllegalArgumentException(name);
        };
    }
}
