package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.Golden;
import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeys;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that msgspec wrote, see {@code src/test/python/golden_events.py}. */
class KvEventGoldenTest {

    private static final byte[] FIRST =
            HexFormat.of().parseHex("c9d58ba695280d69b243e1e0df813136ca9196b286fb1a021e0b2e028ef071cb");
    private static final byte[] SECOND =
            HexFormat.of().parseHex("24125b23e68883b5c2141db2959d48433fe6bde2f26bd914efad121d154ab2d6");
    private static final ExtraKey ADAPTER = new ExtraKey.Adapter("sql-adapter", "/adapters/sql");
    private static final String IMAGE = "a".repeat(64);

    static List<Arguments> rows() throws IOException {
        return Golden.rows("kv-events.tsv").stream()
                .map(row -> Arguments.of(String.join(" ", Arrays.copyOf(row, 5)), row))
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void bytesAreThoseOfMsgspec(String name, String[] row) throws NoSuchAlgorithmException {
        KvEventFormat format = new KvEventFormat(
                KvEventSchema.valueOf(row[0]), KvBatchForm.valueOf(row[2]), KvHashForm.valueOf(row[1]));
        Integer rank = row[4].equals("nil") ? null : Integer.valueOf(row[4]);
        double seconds = row[4].equals("0") ? 1700000002.25 : 0.1;
        byte[] actual = new KvEventEncoder(format).encode(new KvEventBatch(seconds, events(row[3]), rank));
        assertThat(row[5].startsWith("sha256 ") ? "sha256 " + sha256(actual) : hex(actual))
                .isEqualTo(row[5]);
    }

    private static List<KvEvent> events(String name) {
        return switch (name) {
            case "full" -> List.of(full());
            case "plain" -> List.of(BlockStored.of(hashes(FIRST), null, TokenIds.of(1, 2, 3, 4), 4));
            case "typical" ->
                List.of(BlockStored.of(hashes(SECOND), hashes(FIRST).get(0), TokenIds.of(5, 6, 7, 8), 4)
                        .withExtraKeys(List.of(ExtraKeys.NONE))
                        .withGroup(CacheGroup.FULL_ATTENTION));
            case "origin" ->
                List.of(BlockStored.of(hashes(FIRST), null, TokenIds.none(), 0)
                        .withMedium("STORAGE")
                        .withOrigin(new CopyOrigin("REMOTE", "fs", "s1")));
            case "long" -> many();
            case "removed" -> List.of(BlockRemoved.of(hashes(SECOND)).withGroupIndex(0));
            case "removedBare" -> List.of(BlockRemoved.of(hashes(FIRST, SECOND)).withMedium(null));
            case "removedOrigin" ->
                List.of(BlockRemoved.of(hashes(FIRST))
                        .withMedium("FS")
                        .withOrigin(new CopyOrigin("LOCAL", "fs", "not written for a removal")));
            case "cleared" -> List.of(new AllBlocksCleared());
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static BlockStored full() {
        ExtraKeys first = ExtraKeys.of(ADAPTER, new ExtraKey.MediaItem(IMAGE, 2), new ExtraKey.CacheSalt("tenant-a"));
        ExtraKeys second =
                ExtraKeys.of(ADAPTER, new ExtraKey.MediaItem(IMAGE, -2), new ExtraKey.PromptEmbedding(FIRST));
        return BlockStored.of(
                        hashes(FIRST, SECOND),
                        hashes(SECOND).get(0),
                        TokenIds.of(0, 127, 128, 255, 256, 65535, 65536, 2147483647),
                        4)
                .withAdapter(new LoraAdapter(300, "sql-adapter"))
                .withMedium("CPU")
                .withExtraKeys(List.of(first, second))
                .withGroup(new CacheGroup(1, "sliding_window", 4096));
    }

    private static List<KvEvent> many() {
        byte[][] digests = new byte[20][];
        Arrays.fill(digests, FIRST);
        List<KvEvent> events = new ArrayList<>();
        events.add(BlockStored.of(
                        hashes(digests),
                        null,
                        TokenIds.of(IntStream.range(0, 70000).toArray()),
                        3500)
                .withAdapter(new LoraAdapter(null, "é".repeat(40))));
        events.addAll(Collections.nCopies(20, new AllBlocksCleared()));
        return events;
    }

    private static BlockHashes hashes(byte[]... digests) {
        byte[] all = new byte[digests.length * 32];
        for (int i = 0; i < digests.length; i++) {
            System.arraycopy(digests[i], 0, all, i * 32, 32);
        }
        return BlockHashes.ofDigests(32, all, 0, digests.length);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String sha256(byte[] bytes) throws NoSuchAlgorithmException {
        return hex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
