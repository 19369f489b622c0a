package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.RecordingSink.Cleared;
import io.llmd.kv.event.RecordingSink.Removed;
import io.llmd.kv.event.RecordingSink.Stored;
import io.llmd.kv.event.StoredBlocks.GroupKind;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches written out byte by byte; what real producers send, and what no producer should. */
class KvEventDecoderTest {

    private static final long FIRST = 2164874634404590027L;
    private static final long SECOND = -1176264011553262890L;
    private static final String TS = "cb41d954fc40200000";
    private static final String STORED = "ab426c6f636b53746f726564";
    private static final String REMOVED = "ac426c6f636b52656d6f766564";
    private static final String CLEARED = "91b0416c6c426c6f636b73436c6561726564";
    private static final String H0 = "cf1e0b2e028ef071cb";
    private static final String H1 = "cfefad121d154ab2d6";
    private static final String TYPE_STORED = "a474797065" + STORED;

    private static final Stored TWO_BLOCKS =
            Stored.of(List.of(FIRST, SECOND), null, List.of(1, 2, 3, 4, 5, 6, 7, 8), 4);
    private static final Stored ONE_BLOCK = Stored.of(List.of(FIRST), null, List.of(1, 2, 3, 4), 4);

    private final KvEventDecoder decoder = new KvEventDecoder();
    private final RecordingSink sink = new RecordingSink();

    @Test
    @Tag("kv-index-1")
    void arrayOfTheMediumGeneration() {
        DecodedBatch batch =
                decode("93" + TS + "91 97" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 c0 a3475055 00");
        assertThat(sink.events).containsExactly(TWO_BLOCKS);
        assertThat(batch.timestampSeconds()).isEqualTo(1700000000.5);
        assertThat(batch.dataParallelRank()).isZero();
        assertThat(batch.events()).isEqualTo(1);
        assertThat(batch.dropped()).isZero();
        assertThat(batch.isWhole()).isTrue();
    }

    @ParameterizedTest
    @Tag("kv-index-5")
    @ValueSource(strings = {"c0c0c0c0c0", "c0 92c0c0 00 ae66756c6c5f617474656e74696f6e c0"})
    void arrayOfTheLastGenerationSaysTheSame(String tail) {
        decode("93" + TS + "91 9c" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 c0 a3475055" + tail + "00");
        assertThat(sink.events).containsExactly(TWO_BLOCKS);
    }

    @Test
    void arrayWiderThanAnyGenerationIsReadAsFarAsItIsKnown() {
        decode("93" + TS + "91 9e" + STORED + "92" + H0 + H1
                + "c0 980102030405060708 04 c0 a3475055 c0c0c0c0c0 81a16191c0 01 00");
        assertThat(sink.events).containsExactly(TWO_BLOCKS);
    }

    @Test
    void arraysOfARemovalAndAClear() {
        DecodedBatch batch =
                decode("93 cb41d954fc40400000 92 94" + REMOVED + "91" + H1 + "a3475055 00" + CLEARED + "01");
        assertThat(sink.events).containsExactly(Removed.of(SECOND), new Cleared());
        assertThat(batch.dataParallelRank()).isEqualTo(1);
        assertThat(batch.timestampSeconds()).isEqualTo(1700000001.0);
    }

    private static final String MAP_ENTRIES = """
            ac 62 6c 6f 63 6b 5f 68 61 73 68 65 73  91 cf 1e 0b 2e 02 8e f0 71 cb
            b1 70 61 72 65 6e 74 5f 62 6c 6f 63 6b 5f 68 61 73 68  c0
            a9 74 6f 6b 65 6e 5f 69 64 73  94 01 02 03 04
            aa 62 6c 6f 63 6b 5f 73 69 7a 65  04
            a7 6c 6f 72 61 5f 69 64  c0
            a6 6d 65 64 69 75 6d  a3 47 50 55
            a9 6c 6f 72 61 5f 6e 61 6d 65  c0
            aa 65 78 74 72 61 5f 6b 65 79 73  91 c0
            a9 67 72 6f 75 70 5f 69 64 78  00
            b2 6b 76 5f 63 61 63 68 65 5f 73 70 65 63 5f 6b 69 6e 64
               ae 66 75 6c 6c 5f 61 74 74 65 6e 74 69 6f 6e
            """;

    @ParameterizedTest
    @Tag("kv-index-6")
    @ValueSource(strings = {"8b", "de000b", "df0000000b"})
    void mapWithAnyHead(String head) {
        decode("93 cb41d954fc40900000 91" + head + TYPE_STORED + MAP_ENTRIES + "00");
        assertThat(sink.events).containsExactly(ONE_BLOCK);
    }

    @Test
    @Tag("kv-index-7")
    void typeMayBeLastAndUnknownKeysAreSkipped() {
        String unknown = "a5 6f74686572 92 93 01 92 02 03 c0 81 a1 61 90" + "a9 6c6f72615f6e756d62 01" + "05 a178";
        decode("93 cb41d954fc40900000 91 8e" + MAP_ENTRIES + unknown + TYPE_STORED + "00");
        assertThat(sink.events).containsExactly(ONE_BLOCK);
    }

    @Test
    void mapsOfARemovalAndAClear() {
        decode("""
                93 cb 41 d9 54 fc 40 90 00 00 92 84 a4 74 79 70 65 ac 42 6c 6f 63 6b 52 65 6d 6f 76 65 64 ac 62 6c 6f 63
                6b 5f 68 61 73 68 65 73 91 cf ef ad 12 1d 15 4a b2 d6 a6 6d 65 64 69 75 6d a3 47 50 55 a9 67 72 6f 75 70
                5f 69 64 78 00 81 a4 74 79 70 65 b0 41 6c 6c 42 6c 6f 63 6b 73 43 6c 65 61 72 65 64 00""");
        assertThat(sink.events).containsExactly(Removed.of(SECOND), new Cleared());
    }

    @Test
    @Tag("kv-index-9")
    @Tag("bad-input-B89")
    void digestCountsByItsLastEightBytesAndTheAdapterIsNoExtraKey() {
        DecodedBatch batch = decode("""
                93 cb 41 d9 54 fc 40 c0 00 00 91
                9c ab 42 6c 6f 63 6b 53 74 6f 72 65 64
                  91 c4 20 63 51 9a b1 4e ea b1 cd f6 e2 f3 e6 47 ec 07 f6
                           ef de e2 33 a6 14 da 96 54 c2 00 69 59 a9 58 03
                  c0  94 01 02 03 04  04  07
                  a3 47 50 55  ab 73 71 6c 2d 61 64 61 70 74 65 72
                  91 91 ab 73 71 6c 2d 61 64 61 70 74 65 72
                  c0 c0 c0
                c0""");
        assertThat(sink.events)
                .containsExactly(Stored.of(List.of(6107444497143650307L), null, List.of(1, 2, 3, 4), 4)
                        .withAdapter("sql-adapter"));
        assertThat(batch.dataParallelRank()).isEqualTo(-1);
    }

    @ParameterizedTest
    @Tag("kv-index-10")
    @Tag("kv-index-11")
    @CsvSource({
        "cf54c2006959a95803, 6107444497143650307",
        "c40854c2006959a95803, 6107444497143650307",
        "c5000a010254c2006959a95803, 6107444497143650307",
        "d3efad121d154ab2d6, -1176264011553262890",
        "cfefad121d154ab2d6, -1176264011553262890",
        "ff, -1",
        "d0ff, -1",
        "cfffffffffffffffff, -1",
        "cd0007, 7",
        "00, 0"
    })
    void identityIsTheSameInEveryForm(String bytes, long id) {
        decode("93" + TS + "91 92" + REMOVED + "91" + bytes + "00");
        assertThat(sink.events).containsExactly(Removed.of(id));
    }

    @Test
    void sglangWithoutRank() {
        DecodedBatch batch = decode("""
                92 cb 41 d9 54 fc 41 00 00 00 92
                 96 ab 42 6c 6f 63 6b 53 74 6f 72 65 64  91 cf 77 d7 35 ce 83 84 18 aa
                    c0  dc 00 10 0102030405060708090a0b0c0d0e0f10  10  c0
                 92 ac 42 6c 6f 63 6b 52 65 6d 6f 76 65 64  91 d3 df 3f 61 98 04 a9 2f db""");
        List<Integer> tokens = IntStream.rangeClosed(1, 16).boxed().toList();
        assertThat(sink.events)
                .containsExactly(
                        Stored.of(List.of(8635429971592222890L), null, tokens, 16), Removed.of(-2360060374177730597L));
        assertThat(batch.dataParallelRank()).isEqualTo(-1);
    }

    @Test
    @Tag("kv-index-49")
    void sglangMetadataInTheAdaptersPlaceHoldsTheSalt() {
        String metadata = "82 a474657374 93010203 aa63616368655f73616c74 a874656e616e742d61";
        decode("92" + TS + "91 98" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 c0 a3475055" + metadata);
        assertThat(sink.events).containsExactly(TWO_BLOCKS.withExtras(List.of(List.of("tenant-a"), List.of())));
    }

    @Test
    @Tag("kv-index-49")
    void textInTheAdaptersPlaceIsItsName() {
        decode("92" + TS + "91 98" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 05 a3475055 a373716c");
        assertThat(sink.events).containsExactly(TWO_BLOCKS.withAdapter("sql"));
    }

    @Test
    void saltOfABlockWithAParentIsInItsChainAlready() {
        String metadata = "a86d65746164617461 81aa63616368655f73616c74a874656e616e742d61";
        String entries =
                "a474797065" + STORED + "ac626c6f636b5f68617368657391" + H1 + "b1706172656e745f626c6f636b5f68617368"
                        + H0 + "a9746f6b656e5f6964739405060708 aa626c6f636b5f73697a6504";
        decode("92" + TS + "91 86" + entries + metadata);
        assertThat(sink.events).containsExactly(Stored.of(List.of(SECOND), FIRST, List.of(5, 6, 7, 8), 4));
    }

    @Test
    void adapterWithoutANameIsNotTheBaseModel() {
        decode("92" + TS + "91 96" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 07");
        assertThat(sink.events).containsExactly(TWO_BLOCKS.withAdapter("lora_id:7"));
    }

    @Test
    @Tag("kv-index-50")
    void pairsOfTokensCountByTheirFirst() {
        decode("92" + TS + "91 96" + STORED + "91" + H0 + "c0 94 920102 920203 920304 920405 04 c0");
        assertThat(sink.events).containsExactly(ONE_BLOCK);
    }

    @Test
    @Tag("kv-index-48")
    void storagePublisherWrapsItsEventsInBytes() {
        DecodedBatch batch = decode("""
                92 cb 41 d9 54 fc 41 40 00 00 91  c4 2a
                   97 ab 42 6c 6f 63 6b 53 74 6f 72 65 64 91 cf 1e 0b 2e 02 8e f0 71 cb 00 90 00 c0
                   ae 53 48 41 52 45 44 5f 53 54 4f 52 41 47 45""");
        assertThat(sink.events)
                .containsExactly(Stored.of(List.of(FIRST), null, List.of(), 0).withTier(StorageTier.STORAGE));
        assertThat(batch.dropped()).isZero();
    }

    @Test
    void textMayWrapAnEventToo() {
        decode("92" + TS + "92 b2" + CLEARED + "d912" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared(), new Cleared());
    }

    @Test
    void damagedWrappedEventDoesNotTouchTheNextOne() {
        DecodedBatch batch = decode("92" + TS + "93 c40492ac4201 c402c4b2" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(2);
    }

    @Test
    void mooncakeHasMillisecondsAndItsOwnNames() {
        String stored = "8a a86576656e745f696401 aa6576656e745f74797065a673746f726564 a474797065a3666f6f"
                + "aa6261636b656e645f6964a16e aa7365715f68617368657391" + H0
                + "ab706172656e745f68617368" + H1 + "a9746f6b656e5f6964739401020304 aa626c6f636b5f73697a6504"
                + "af6164646974696f6e616c5f73616c74a0 a66d656469756da463707520";
        DecodedBatch batch = decode("93 cf0000018bcfe56994 91" + stored + "00");
        assertThat(sink.events)
                .containsExactly(Stored.of(List.of(FIRST), SECOND, List.of(1, 2, 3, 4), 4)
                        .withTier(StorageTier.CPU));
        assertThat(batch.timestampSeconds()).isEqualTo(1700000000.404);
        assertThat(batch.dataParallelRank()).isZero();
    }

    @Test
    @Tag("kv-index-51")
    void mooncakeRemovalWithoutANumericHashIsCounted() {
        DecodedBatch batch = decode(
                "93 cf0000018bcfe56994 91 82 aa6576656e745f74797065a772656d6f766564" + "aa6f626a6563745f6b6579a16b 00");
        assertThat(sink.events).isEmpty();
        assertThat(batch.dropped(KvDropReason.NO_HASHES)).isEqualTo(1);
        assertThat(batch.isWhole()).isTrue();
    }

    @Test
    @Tag("kv-index-51")
    void mooncakeRemovalWithAHashIsARemoval() {
        decode("93 cf0000018bcfe56994 91 83 aa6576656e745f74797065a772656d6f766564"
                + "aa6f626a6563745f6b6579a16b aa7365715f68617368657391" + H0 + "00");
        assertThat(sink.events).containsExactly(Removed.of(FIRST));
    }

    @Test
    void blockHashesWinOverTheirAlias() {
        decode("92" + TS + "91 83 aa7365715f68617368657391" + H0 + "a474797065" + REMOVED
                + "ac626c6f636b5f68617368657391" + H1);
        assertThat(sink.events).containsExactly(Removed.of(SECOND));
    }

    @Test
    @Tag("kv-index-8")
    void unknownEventsAreCountedAndTheOthersPassedOn() {
        DecodedBatch batch =
                decode("93" + TS + "93 97" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 c0 a3475055"
                        + "93 ab426c6f636b5761726d6564 a178 91c0" + "92" + REMOVED + "91" + H1 + "00");
        assertThat(sink.events).containsExactly(TWO_BLOCKS, Removed.of(SECOND));
        assertThat(batch.dropped(KvDropReason.UNKNOWN_EVENT)).isEqualTo(1);
        assertThat(batch.dropped()).isEqualTo(1);
    }

    @Test
    void unknownEventWithStrangeFieldsIsUnknownAndNotMalformed() {
        DecodedBatch batch = decode("92" + TS + "91 82 a474797065a3666f6f a9746f6b656e5f696473a178");
        assertThat(batch.dropped(KvDropReason.UNKNOWN_EVENT)).isEqualTo(1);
    }

    @Test
    void namesThatChangeNothingAreCountedApart() {
        DecodedBatch batch =
                decode("92" + TS + "92 91ac426c6f636b55706461746564 81a474797065ac626c6f636b43726561746564");
        assertThat(sink.events).isEmpty();
        assertThat(batch.dropped(KvDropReason.IGNORED_EVENT)).isEqualTo(2);
    }

    @Test
    void caseOfATypeDoesNotMatter() {
        decode("92" + TS + "92 91a7434c4541524544 91b0616c6c626c6f636b73636c6561726564");
        assertThat(sink.events).containsExactly(new Cleared(), new Cleared());
    }

    @Test
    void batchMayBeAMapInAnyOrder() {
        DecodedBatch batch = decode("84 a764705f72616e6b03" + "a178 9101 a66576656e747391" + CLEARED + "a27473" + TS);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dataParallelRank()).isEqualTo(3);
        assertThat(batch.timestampSeconds()).isEqualTo(1700000000.5);
    }

    @ParameterizedTest
    @Tag("bad-input-B91")
    @CsvSource({
        "cb7ff8000000000000, NaN",
        "ca4f000000, 2147483648",
        "ce6553f100, 1700000000",
        "cf0000018bcfe56800, 1700000000",
        "d30000018bcfe56800, 1700000000",
        "cb41efffffffe00000, 4294967295",
        "00, 0",
        "c0, NaN",
        "a178, NaN"
    })
    void timestampIsSecondsOrMillisecondsOrUnknown(String bytes, Double seconds) {
        DecodedBatch batch = decode("92" + bytes + "91" + CLEARED);
        assertThat(batch.timestampSeconds()).isEqualTo(seconds);
        assertThat(sink.events).containsExactly(new Cleared());
    }

    @ParameterizedTest
    @Tag("bad-input-B89")
    @CsvSource({"ff, -1", "c0, -1", "a178, -1", "ccc8, 200", "cf8000000000000000, -1", "ceffffffff, -1", "d10001, 1"})
    void rankIsANaturalNumberOrUnknown(String bytes, int rank) {
        assertThat(decode("93" + TS + "91" + CLEARED + bytes).dataParallelRank())
                .isEqualTo(rank);
        assertThat(decoder.rank(bytes("93" + TS + "91" + CLEARED + bytes), 0, 29 + bytes.length() / 2))
                .isEqualTo(rank);
    }

    @Test
    void rankIsFoundWithoutPassingEventsOn() {
        byte[] payload = bytes("82a66576656e747391" + CLEARED + "b2646174615f706172616c6c656c5f72616e6b05");
        assertThat(decoder.rank(payload, 0, payload.length)).isEqualTo(5);
        assertThat(sink.events).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ff", "ce80000000", "cf8000000000000001", "d0ff", "a178", "cb41d954fc40200000", "90", "91a178"})
    void badTokenDropsItsEventOnly(String token) {
        DecodedBatch batch =
                decode("92" + TS + "92 96" + STORED + "91" + H0 + "c0 94 01 02 03" + token + "04 c0" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.BAD_TOKEN)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cd0004",
                "ce00000004",
                "cf0000000000000004",
                "d004",
                "d10004",
                "d200000004",
                "d30000000000000004"
            })
    void tokenMayHaveAnyWidth(String token) {
        decode("92" + TS + "91 96" + STORED + "91" + H0 + "c0 94 01 02 03" + token + "04 c0");
        assertThat(sink.events).containsExactly(ONE_BLOCK);
    }

    @Test
    @Tag("kv-index-52")
    void repeatedHashDropsItsEventOnly() {
        DecodedBatch batch =
                decode("92" + TS + "92 96" + STORED + "92" + H0 + H0 + "c0 980102030405060708 04 c0" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.REPEATED_HASH)).isEqualTo(1);
    }

    @Test
    @Tag("kv-index-52")
    void blockThatIsItsOwnParentDropsItsEventOnly() {
        DecodedBatch batch = decode("92" + TS + "92 96" + STORED + "91" + H0 + H0 + "9401020304 04 c0" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.REPEATED_HASH)).isEqualTo(1);
    }

    @Test
    void removalOfTwoCopiesOfABlockIsPassedOn() {
        decode("92" + TS + "91 92" + REMOVED + "92" + H0 + H0);
        assertThat(sink.events).containsExactly(Removed.of(FIRST, FIRST));
    }

    @Test
    @Tag("kv-index-15")
    void parentOfZeroIsNone() {
        decode("92" + TS + "91 96" + STORED + "91" + H0 + "00 9401020304 04 c0");
        assertThat(sink.events).containsExactly(ONE_BLOCK);
    }

    @Test
    @Tag("kv-index-27")
    void tokensThatDoNotFillTheBlocksAreMalformedForFullAttention() {
        DecodedBatch batch = decode("92" + TS + "91 96" + STORED + "92" + H0 + H1 + "c0 9401020304 04 c0");
        assertThat(sink.events).isEmpty();
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @ParameterizedTest
    @Tag("bad-input-B89")
    @ValueSource(strings = {"00", "ff", "ce3b9aca00"})
    void blockSizeThatDoesNotFitTheTokensDropsItsEventOnly(String size) {
        DecodedBatch batch = decode("92" + TS + "92 96" + STORED + "91" + H0 + "c0 9401020304" + size + "c0" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @ParameterizedTest
    @Tag("bad-input-B89")
    @ValueSource(strings = {"00", "ff", "d38000000000000000"})
    void hashesMayBeZeroAndNegative(String hash) {
        DecodedBatch batch = decode("92" + TS + "91 96" + STORED + "91" + hash + "c0 9401020304 04 c0");
        assertThat(batch.events()).isEqualTo(1);
        assertThat(batch.dropped()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "ae66756c6c5f617474656e74696f6e, FULL",
        "ad6d6c615f617474656e74696f6e, FULL",
        "b373696e6b5f66756c6c5f617474656e74696f6e, FULL",
        "c0, FULL",
        "ae736c6964696e675f77696e646f77, SLIDING_WINDOW",
        "b2736c6964696e675f77696e646f775f6d6c61, SLIDING_WINDOW",
        "b76368756e6b65645f6c6f63616c5f617474656e74696f6e, CHUNKED",
        "a56d616d6261, STATE",
        "b6656e636f6465725f6f6e6c795f617474656e74696f6e, OTHER",
        "a0, OTHER"
    })
    void kindOfAGroup(String kind, GroupKind expected) {
        decode("92" + TS + "91 9c" + STORED + "91" + H0 + "c0 9401020304 04 c0 a3475055 c0 c0 02" + kind + "cd0400");
        assertThat(sink.events)
                .containsExactly(new Stored(
                        List.of(FIRST),
                        null,
                        List.of(1, 2, 3, 4),
                        4,
                        null,
                        StorageTier.GPU,
                        true,
                        null,
                        2,
                        expected,
                        1024,
                        false,
                        false));
    }

    @Test
    @Tag("kv-index-26")
    void groupThatIsNoPrefixMayLeaveBlocksOut() {
        DecodedBatch batch = decode("92" + TS + "91 9c" + STORED + "91" + H0
                + "c0 980102030405060708 04 c0 a3475055 c0 c0 01 ae736c6964696e675f77696e646f77 04");
        assertThat(sink.events).hasSize(1);
        assertThat(batch.dropped()).isZero();
    }

    @Test
    void componentsWithoutFullAttentionAreAnotherKind() {
        String event = "85" + TYPE_STORED + "ac626c6f636b5f68617368657391" + H0
                + "a9746f6b656e5f6964739401020304 aa626c6f636b5f73697a6504 af636f6d706f6e656e745f7479706573";
        decode("92" + TS + "93" + event + "91a3535741" + event + "92a3535741a446554c4c" + event + "90");
        assertThat(sink.events)
                .extracting(event1 -> ((Stored) event1).groupKind())
                .containsExactly(GroupKind.OTHER, GroupKind.FULL, GroupKind.FULL);
    }

    @Test
    void negativeGroupDropsItsEventOnly() {
        DecodedBatch batch = decode("92" + TS + "92 94" + REMOVED + "91" + H0 + "a3475055 ff" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @Test
    void placeAndOriginOfACopy() {
        decode("92" + TS + "91 86" + TYPE_STORED + "ac626c6f636b5f68617368657391" + H0 + "a66d656469756da24653"
                + "a86c6f63616c697479a652454d4f5445 a66f726967696ea6524555534544 a96f776e657273686970a26673");
        assertThat(sink.events)
                .containsExactly(new Stored(
                        List.of(FIRST),
                        null,
                        List.of(),
                        0,
                        null,
                        StorageTier.STORAGE,
                        true,
                        null,
                        0,
                        GroupKind.FULL,
                        0,
                        true,
                        true));
    }

    @Test
    void mediumThatNobodyKnowsIsTheSlowest() {
        decode("92" + TS + "91 97" + STORED + "91" + H0 + "c0 90 00 c0 a474617065");
        assertThat(sink.events)
                .containsExactly(new Stored(
                        List.of(FIRST),
                        null,
                        List.of(),
                        0,
                        null,
                        StorageTier.STORAGE,
                        false,
                        null,
                        0,
                        GroupKind.FULL,
                        0,
                        false,
                        false));
    }

    @Test
    void copiesThatRemainBelongToTheHashes() {
        String head = "83 a474797065" + REMOVED + "b572656d61696e696e675f636f70795f636f756e7473";
        DecodedBatch batch = decode("92" + TS + "92" + head + "920201 ac626c6f636b5f68617368657392" + H0 + H1 + head
                + "9102 ac626c6f636b5f68617368657392" + H0 + H1);
        assertThat(sink.events)
                .containsExactly(new Removed(List.of(FIRST, SECOND), StorageTier.GPU, 0, List.of(2, 1), false));
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @Test
    void extraKeysBecomeStringsWithoutTheirOffsets() {
        String keys = "92 94 a373716c 92a3696d6702 a473616c74 c402abcd  93 a373716c 92a3696d67fe 92a3696d6705";
        decode("92" + TS + "91 99" + STORED + "92" + H0 + H1 + "c0 980102030405060708 04 c0 a3475055 a373716c" + keys);
        assertThat(sink.events)
                .containsExactly(TWO_BLOCKS
                        .withAdapter("sql")
                        .withExtras(List.of(List.of("img", "salt", "abcd"), List.of("img", "img"))));
    }

    @Test
    void extraKeyThatIsNoAdapterStaysAtTheFront() {
        decode("92" + TS + "91 99" + STORED + "91" + H0 + "c0 9401020304 04 c0 a3475055 a373716c 91 92a16ba373716c");
        assertThat(sink.events).containsExactly(ONE_BLOCK.withAdapter("sql").withExtras(List.of(List.of("k", "sql"))));
    }

    @Test
    void extraKeysMayBeTypedMaps() {
        String media = "83 a474797065ad4d756c74694d6f64616c4b6579 a468617368a3696d67 a66f666673657402";
        String salt = "82 a474797065ac436163686553616c744b6579 a576616c7565a473616c74";
        String other = "82 a474797065a3466f6f a46e616d65a162";
        decode("92" + TS + "91 99" + STORED + "91" + H0 + "c0 9401020304 04 c0 a3475055 c0 91 93" + media + salt
                + other);
        assertThat(sink.events).containsExactly(ONE_BLOCK.withExtras(List.of(List.of("img", "salt", "b"))));
    }

    @Test
    void extraKeysOfAnotherNumberOfBlocksAreMalformed() {
        DecodedBatch batch =
                decode("92" + TS + "91 99" + STORED + "91" + H0 + "c0 9401020304 04 c0 a3475055 c0 92 91a16b c0");
        assertThat(sink.events).isEmpty();
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @Test
    void extraKeysOfAnEventDoNotLeakIntoTheNextOne() {
        String event = "99" + STORED + "91" + H0 + "c0 9401020304 04 c0 a3475055 c0";
        decode("92" + TS + "92" + event + "91 91a16b" + event + "91 c0");
        assertThat(sink.events).containsExactly(ONE_BLOCK.withExtras(List.of(List.of("k"))), ONE_BLOCK);
    }

    @Test
    void eventWithoutAHashIsCounted() {
        DecodedBatch batch = decode("92" + TS + "92 96" + STORED + "90 c0 90 04 c0 92" + REMOVED + "90");
        assertThat(batch.dropped(KvDropReason.NO_HASHES)).isEqualTo(2);
    }

    @Test
    void digestOfLessThanEightBytesIsMalformed() {
        DecodedBatch batch = decode("92" + TS + "92 92" + REMOVED + "91c40701020304050607" + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "c0", "c3", "90", "80", "9101", "91c0", "a0", "a131", "c400", "d40000", "81a178a179"})
    void whatIsNoEventIsCounted(String event) {
        DecodedBatch batch = decode("92" + TS + "92" + event + CLEARED);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.MALFORMED_EVENT)).isEqualTo(1);
    }

    @Test
    @Tag("bad-input-B88")
    void valueNestedTooDeepDropsItsEventOnly() {
        String deep = "91".repeat(1000) + "c0";
        DecodedBatch batch = decode("92" + TS + "94 92" + REMOVED + deep + "97" + STORED + "91" + H0
                + "c0 9401020304 04 c0 a3475055" + "82 a474797065" + REMOVED + "a178" + deep
                + CLEARED);
        assertThat(sink.events).containsExactly(ONE_BLOCK, new Cleared());
        assertThat(batch.dropped()).isEqualTo(2);
        assertThat(batch.isWhole()).isTrue();
    }

    @Test
    void eightLevelsAreReadAndNineAreNot() {
        String event = "82 a474797065" + "b0416c6c426c6f636b73436c6561726564" + "a178";
        DecodedBatch batch = decode("92" + TS + "92" + event + "91".repeat(5) + "c0" + event + "91".repeat(6) + "c0");
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.TOO_DEEP)).isEqualTo(1);
    }

    @ParameterizedTest
    @Tag("kv-index-53")
    @Tag("bad-input-B88")
    @ValueSource(
            strings = {
                "",
                "c0",
                "05",
                "a178",
                "90",
                "91c0",
                "80",
                "c1",
                "dd",
                "dc00",
                "df00000001",
                "92",
                "92cb41",
                "92c080",
                "92c081a178c0",
                "92c0a0",
                "92c091",
                "92c09192",
                "92c0dd80000000",
                "92c0ddffffffff",
                "dd80000000c0c0",
                "dfffffffffc0c0",
                "92c091ddffffffff",
                "92c09192ac426c6f636b52656d6f766564ddffffffff",
                "92c091c6ffffffff",
                "92c091dbffffffff",
                "92c091c9ffffffff00",
                "92c09191c1"
            })
    void brokenBatchIsCounted(String payload) {
        DecodedBatch batch = decode(payload);
        assertThat(sink.events).isEmpty();
        assertThat(batch.dropped(KvDropReason.MALFORMED_BATCH)).isEqualTo(payload.equals("80") ? 0 : 1);
    }

    @Test
    void eventsBeforeABreakArePassedOn() {
        DecodedBatch batch = decode("93" + TS + "93" + CLEARED + "92" + REMOVED + "dd7fffffff" + CLEARED + "00");
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.isWhole()).isFalse();
        assertThat(batch.dropped(KvDropReason.MALFORMED_BATCH)).isEqualTo(1);
    }

    @Test
    @Tag("bad-input-B89")
    void sixtyFiveThousandHashesAreReadAndTheyAreLookedAtForRepetition() {
        StringBuilder hashes = new StringBuilder("dd00010001");
        for (int i = 0; i < 65_536; i++) {
            hashes.append(String.format("cf%016x", (long) i << 40));
        }
        String head = "92" + TS + "91 96" + STORED;
        String tail = "c0 90 00 c0";
        assertThat(decode(head + hashes + "ff" + tail).events()).isEqualTo(1);
        assertThat(((Stored) sink.events.getFirst()).hashes()).hasSize(65_537);
        assertThat(decode(head + hashes + "00" + tail).dropped(KvDropReason.REPEATED_HASH))
                .isEqualTo(1);
    }

    @Test
    void moreElementsThanTheLimitAreNotRead() {
        int count = (1 << 20) + 1;
        byte[] head = bytes("92" + TS + "92 92" + REMOVED + "dd00100001");
        byte[] tail = bytes(CLEARED);
        byte[] payload = new byte[head.length + count + tail.length];
        System.arraycopy(head, 0, payload, 0, head.length);
        System.arraycopy(tail, 0, payload, head.length + count, tail.length);
        DecodedBatch batch = decoder.decode(payload, 0, payload.length, sink);
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(batch.dropped(KvDropReason.TOO_LARGE)).isEqualTo(1);
    }

    @Test
    void payloadAboveTheLimitIsNotRead() {
        byte[] payload = new byte[KvEventDecoder.MAX_PAYLOAD_BYTES + 1];
        DecodedBatch batch = decoder.decode(payload, 0, payload.length, sink);
        assertThat(batch.dropped(KvDropReason.TOO_LARGE)).isEqualTo(1);
        assertThat(batch.isWhole()).isFalse();
    }

    @Test
    void batchMayLieAnywhereInAnArray() {
        byte[] payload = bytes("c1c1 92" + TS + "91" + CLEARED + "c1c1");
        assertThat(decoder.decode(payload, 2, payload.length - 2, sink).isWhole())
                .isTrue();
        assertThat(sink.events).containsExactly(new Cleared());
        assertThat(decoder.decode(payload, 2, payload.length - 3, sink).isWhole())
                .isFalse();
    }

    private DecodedBatch decode(String hex) {
        byte[] payload = bytes(hex);
        return decoder.decode(payload, 0, payload.length, sink);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
}
