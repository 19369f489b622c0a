package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.hash.HashDomain;
import io.llmd.kv.hash.RequestExtraKeys;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Examples written out byte by byte; the names of the tests say which producer writes them. */
class KvEventEncoderTest {

    private static final long FIRST = 2164874634404590027L;
    private static final long SECOND = -1176264011553262890L;

    @Test
    void mediumSchemaStoresTwoBlocks() {
        BlockStored stored = BlockStored.of(BlockHashes.ofIds(FIRST, SECOND), null, tokens(8), 4);
        assertThat(hex(KvEventFormat.ARRAY.withSchema(KvEventSchema.MEDIUM), 1700000000.5, 0, stored))
                .isEqualTo("""
                        93 cb41d954fc40200000 91
                         97 ab426c6f636b53746f726564 92 cf1e0b2e028ef071cb cfefad121d154ab2d6 c0
                            98 0102030405060708 04 c0 a3475055
                         00""".replaceAll("\\s", ""))
                .hasSize(2 * 60);
    }

    @Test
    void specKindSchemaFillsUpWithNil() {
        BlockStored stored = BlockStored.of(BlockHashes.ofIds(FIRST, SECOND), null, tokens(8), 4);
        assertThat(hex(KvEventFormat.ARRAY, 1700000000.5, 0, stored)).isEqualTo("""
                        93 cb41d954fc40200000 91
                         9c ab426c6f636b53746f726564 92 cf1e0b2e028ef071cb cfefad121d154ab2d6 c0
                            98 0102030405060708 04 c0 a3475055 c0 c0 c0 c0 c0
                         00""".replaceAll("\\s", ""));
    }

    @Test
    void specKindSchemaSaysExtraKeysGroupAndKind() {
        BlockStored stored = BlockStored.of(BlockHashes.ofIds(FIRST, SECOND), null, tokens(8), 4)
                .withExtraKeys(List.of(ExtraKeys.NONE, ExtraKeys.NONE))
                .withGroup(CacheGroup.FULL_ATTENTION);
        assertThat(hex(KvEventFormat.ARRAY, 1700000000.5, 0, stored))
                .endsWith("a3475055" + "c092c0c000ae66756c6c5f617474656e74696f6ec0" + "00");
    }

    @Test
    void arrayFormRemovesAndClears() {
        BlockRemoved removed = BlockRemoved.of(BlockHashes.ofIds(SECOND)).withGroupIndex(0);
        assertThat(hex(KvEventFormat.ARRAY, 1700000001.0, 1, removed, new AllBlocksCleared()))
                .isEqualTo("""
                        93 cb41d954fc40400000 92
                         94 ac426c6f636b52656d6f766564 91 cfefad121d154ab2d6 a3475055 00
                         91 b0416c6c426c6f636b73436c6561726564
                         01""".replaceAll("\\s", ""))
                .hasSize(2 * 59);
    }

    @Test
    void mapFormStoresABlock() {
        assertThat(hex(KvEventFormat.MAP, 1700000002.25, 0, mapExample()))
                .isEqualTo("93cb41d954fc40900000918b" + MAP_ENTRIES + "00")
                .hasSize(2 * 188);
    }

    @Test
    void mapFormWithAWideHeadDiffersInTheHeadOnly() {
        assertThat(hex(KvEventFormat.MAP.withSchema(KvEventSchema.MAP_WITH_WIDE_HEAD), 1700000002.25, 0, mapExample()))
                .isEqualTo("93cb41d954fc4090000091de000b" + MAP_ENTRIES + "00")
                .hasSize(2 * 190);
    }

    @Test
    void mapFormRemovesAndClears() {
        BlockRemoved removed = BlockRemoved.of(BlockHashes.ofIds(SECOND)).withGroupIndex(0);
        assertThat(hex(KvEventFormat.MAP, 1700000002.25, 0, removed, new AllBlocksCleared()))
                .isEqualTo("""
                        93 cb 41 d9 54 fc 40 90 00 00 92 84 a4 74 79 70 65 ac 42 6c 6f 63 6b 52 65 6d 6f 76 65 64 ac 62
                        6c 6f 63 6b 5f 68 61 73 68 65 73 91 cf ef ad 12 1d 15 4a b2 d6 a6 6d 65 64 69 75 6d a3 47 50 55
                        a9 67 72 6f 75 70 5f 69 64 78 00 81 a4 74 79 70 65 b0 41 6c 6c 42 6c 6f 63 6b 73 43 6c 65 61 72
                        65 64 00""".replaceAll("\\s", ""))
                .hasSize(2 * 99);
    }

    @Test
    void digestsAreWrittenAsBytes() {
        ExtraKey.Adapter adapter = new ExtraKey.Adapter("sql-adapter", "");
        BlockHashes hashes = HashDomain.seeded(BlockHashAlgorithm.SHA256_CBOR, "0")
                .newHasher()
                .chain(new int[] {1, 2, 3, 4}, 4, RequestExtraKeys.of(adapter, null));
        BlockStored stored = BlockStored.of(hashes, null, tokens(4), 4)
                .withAdapter(new LoraAdapter(7, "sql-adapter"))
                .withExtraKeys(List.of(ExtraKeys.of(adapter)));
        assertThat(hex(KvEventFormat.ARRAY.withHashForm(KvHashForm.DIGEST), 1700000003.0, null, stored))
                .isEqualTo("""
                        93 cb41d954fc40c00000 91
                         9c ab426c6f636b53746f726564
                          91 c42063519ab14eeab1cdf6e2f3e647ec07f6efdee233a614da9654c2006959a95803
                          c0 94 01020304 04 07 a3475055 ab73716c2d61646170746572
                          91 91 ab73716c2d61646170746572 c0 c0 c0
                         c0""".replaceAll("\\s", ""))
                .hasSize(2 * 101);
    }

    @Test
    void originalSchemaWithSignedHashesAndNoRankIsSglangs() {
        BlockStored stored = BlockStored.of(BlockHashes.ofIds(8635429971592222890L), null, tokens(16), 16);
        BlockRemoved removed = BlockRemoved.of(BlockHashes.ofIds(-2360060374177730597L));
        KvEventFormat format =
                new KvEventFormat(KvEventSchema.ORIGINAL, KvBatchForm.ARRAY_WITHOUT_RANK, KvHashForm.SIGNED);
        assertThat(hex(format, 1700000004.0, null, stored, removed))
                .isEqualTo("""
                        92 cb41d954fc41000000 92
                         96 ab426c6f636b53746f726564 91 cf77d735ce838418aa c0
                            dc0010 0102030405060708090a0b0c0d0e0f10 10 c0
                         92 ac426c6f636b52656d6f766564 91 d3df3f619804a92fdb""".replaceAll("\\s", ""))
                .hasSize(2 * 80);
    }

    @Test
    void batchAsMapLeavesOutAnAbsentRank() {
        KvEventFormat format = KvEventFormat.MAP.withBatchForm(KvBatchForm.MAP);
        String events = "a66576656e7473" + "91" + "81a474797065b0416c6c426c6f636b73436c6561726564";
        assertThat(hex(format, 1700000001.0, null, new AllBlocksCleared()))
                .isEqualTo("82" + "a27473cb41d954fc40400000" + events);
        assertThat(hex(format, 1700000001.0, 3, new AllBlocksCleared()))
                .isEqualTo(
                        "83" + "a27473cb41d954fc40400000" + events + "b2646174615f706172616c6c656c5f72616e6b" + "03");
    }

    @Test
    void nextBatchStartsAfresh() {
        KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.MAP);
        KvEventBatch batch = new KvEventBatch(1, List.of(mapExample()), 0);
        assertThat(encoder.encode(batch)).isEqualTo(encoder.encode(batch));
    }

    @Test
    void extraKeysMustMatchTheBlocks() {
        BlockStored stored = BlockStored.of(BlockHashes.ofIds(1, 2), null, tokens(8), 4);
        assertThatThrownBy(() -> stored.withExtraKeys(List.of(ExtraKeys.NONE)))
                .hasMessage("extraKeys: 1 entries (expected: 0 or 2)");
    }

    @Test
    void tokensDoNotShowInText() {
        assertThat(BlockStored.of(BlockHashes.ofIds(1), BlockHash.ofId(2), TokenIds.of(4711, 4712), 2))
                .asString()
                .contains("2 tokens")
                .doesNotContain("4711");
    }

    @Test
    void adapterWithoutIdAndNameIsRejected() {
        assertThatThrownBy(() -> new LoraAdapter(null, null))
                .hasMessage("adapter: no id and no name (expected: one of them)");
    }

    private static final String MAP_ENTRIES = """
            a4 74 79 70 65 ab 42 6c 6f 63 6b 53 74 6f 72 65 64
            ac 62 6c 6f 63 6b 5f 68 61 73 68 65 73 91 cf 1e 0b 2e 02 8e f0 71 cb
            b1 70 61 72 65 6e 74 5f 62 6c 6f 63 6b 5f 68 61 73 68 c0
            a9 74 6f 6b 65 6e 5f 69 64 73 94 01 02 03 04
            aa 62 6c 6f 63 6b 5f 73 69 7a 65 04
            a7 6c 6f 72 61 5f 69 64 c0
            a6 6d 65 64 69 75 6d a3 47 50 55
            a9 6c 6f 72 61 5f 6e 61 6d 65 c0
            aa 65 78 74 72 61 5f 6b 65 79 73 91 c0
            a9 67 72 6f 75 70 5f 69 64 78 00
            b2 6b 76 5f 63 61 63 68 65 5f 73 70 65 63 5f 6b 69 6e 64
            ae 66 75 6c 6c 5f 61 74 74 65 6e 74 69 6f 6e""".replaceAll("\\s", "");

    private static BlockStored mapExample() {
        return BlockStored.of(BlockHashes.ofIds(FIRST), null, tokens(4), 4)
                .withExtraKeys(List.of(ExtraKeys.NONE))
                .withGroup(CacheGroup.FULL_ATTENTION);
    }

    private static TokenIds tokens(int count) {
        return TokenIds.of(IntStream.rangeClosed(1, count).toArray());
    }

    private static String hex(KvEventFormat format, double seconds, @Nullable Integer rank, KvEvent... events) {
        return HexFormat.of()
                .formatHex(new KvEventEncoder(format).encode(new KvEventBatch(seconds, List.of(events), rank)));
    }
}
