package io.llmd.kv.lane;

import static io.llmd.kv.lane.PoolFixture.H0;
import static io.llmd.kv.lane.PoolFixture.H1;
import static io.llmd.kv.lane.PoolFixture.H2;
import static io.llmd.kv.lane.PoolFixture.H3;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.llmd.kv.event.DecodedBatch;
import io.llmd.kv.event.KvDropReason;
import io.llmd.kv.event.KvEventDecoder;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows of specs/kv-cache-index.md section 9 from the bytes of a batch to the answer of a look-up. */
class DecodedRowsTest {

    private static final String TS = "cb41d954fc40200000";
    private static final String STORED = "ab426c6f636b53746f726564";
    private static final String REMOVED = "ac426c6f636b52656d6f766564";
    private static final String BYTES_H0 = "cf1e0b2e028ef071cb";
    private static final String BYTES_H1 = "cfefad121d154ab2d6";
    private static final String TWO_BLOCKS =
            STORED + "92" + BYTES_H0 + BYTES_H1 + "c0 980102030405060708 04 c0 a3475055";
    private static final String E1 = "93" + TS + "91 97" + TWO_BLOCKS + "00";

    /** The first block in a map. */
    private static final String E3 = """
            93 cb 41 d9 54 fc 40 90 00 00 91 8b
            a4 74 79 70 65  ab 42 6c 6f 63 6b 53 74 6f 72 65 64
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
            00""";

    /** A block of an adapter, by the whole digest. */
    private static final String E4 = """
            93 cb 41 d9 54 fc 40 c0 00 00 91
            9c ab 42 6c 6f 63 6b 53 74 6f 72 65 64
              91 c4 20 63 51 9a b1 4e ea b1 cd f6 e2 f3 e6 47 ec 07 f6
                       ef de e2 33 a6 14 da 96 54 c2 00 69 59 a9 58 03
              c0  94 01 02 03 04  04  07
              a3 47 50 55  ab 73 71 6c 2d 61 64 61 70 74 65 72
              91 91 ab 73 71 6c 2d 61 64 61 70 74 65 72
              c0 c0 c0
            c0""";

    private static final int[] FOUR = {1, 2, 3, 4};
    private static final int[] EIGHT = IntStream.rangeClosed(1, 8).toArray();

    private final PoolFixture pool = new PoolFixture();
    private final KvEventDecoder decoder = new KvEventDecoder();

    private DecodedBatch decode(String lane, String hex) {
        byte[] payload = bytes(hex);
        DecodedBatch[] batch = new DecodedBatch[1];
        pool.batch(lane, state -> batch[0] = decoder.decode(payload, 0, payload.length, state));
        return batch[0];
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }

    private static String removal(String hash) {
        return "93" + TS + "91 92" + REMOVED + "91" + hash + "00";
    }

    @Test
    @Tag("kv-index-1")
    void aStoredEventIsFound() {
        decode("a", E1);
        assertThat(pool.lane("a").keyOf(H0)).isEqualTo(0x545d26412a51d38eL);
        assertThat(pool.lane("a").keyOf(H1)).isEqualTo(0x906da2cfdbcd5134L);
        assertThat(pool.query(8)).isEqualTo("a:2");
    }

    @Test
    @Tag("kv-index-5")
    void arraysAndMapsOfTwoLanesMeetAtTheSameKeys() {
        decode("a", "93" + TS + "91 9c" + TWO_BLOCKS + "c0c0c0c0c0 00");
        decode("b", E3);
        assertThat(pool.query(8)).isEqualTo("a:2 b:1");
        assertThat(pool.lane("b").keyOf(H0)).isEqualTo(pool.lane("a").keyOf(H0)).isEqualTo(0x545d26412a51d38eL);
    }

    @Test
    @Tag("kv-index-8")
    void eventsAroundAnUnknownOneAreApplied() {
        DecodedBatch batch = decode(
                "a",
                "93" + TS + "93 97" + TWO_BLOCKS + "93 ab426c6f636b5761726d6564 a178 91c0" + "92" + REMOVED + "91"
                        + BYTES_H1 + "00");
        assertThat(pool.query(8)).isEqualTo("a:1");
        assertThat(batch.dropped(KvDropReason.UNKNOWN_EVENT)).isOne();
        assertThat(batch.dropped()).isOne();
    }

    @Test
    @Tag("kv-index-9")
    void blocksOfAnAdapterAreFoundUnderItsName() {
        decode("a", E4);
        assertThat(pool.lane("a").keyOf(6107444497143650307L)).isEqualTo(0xeb45697eb6697c7aL);
        assertThat(pool.query(FOUR, "sql-adapter", null)).isEqualTo("a:1");
        assertThat(pool.query(FOUR, "m", null)).isEmpty();
    }

    @Test
    @Tag("kv-index-10")
    void anIntegerRemovesWhatADigestStored() {
        decode("a", E4);
        decode("a", removal("cf54c2006959a95803"));
        assertThat(pool.query(FOUR, "sql-adapter", null)).isEmpty();
    }

    @Test
    @Tag("kv-index-11")
    void aSignedIntegerRemovesWhatAnUnsignedOneStored() {
        decode("a", E1);
        decode("a", removal("d3efad121d154ab2d6"));
        assertThat(pool.query(8)).isEqualTo("a:1");
    }

    @Test
    @Tag("kv-index-15")
    void aParentOfZeroIsNone() {
        decode("a", "92" + TS + "91 96" + STORED + "91" + BYTES_H0 + "00 9401020304 04 c0");
        assertThat(pool.query(4)).isEqualTo("a:1");
        assertThat(pool.lane("a").waitingEvents()).isZero();
    }

    @Test
    @Tag("kv-index-26")
    void blocksOfASlidingWindowHaveNoPlaceInPrompts() {
        decode("a", E1);
        String tokens = "dc0020" + HexFormat.of().formatHex(new byte[32]).replaceAll("00", "09");
        DecodedBatch batch = decode(
                "a",
                "93" + TS + "91 9c" + STORED + "94" + BYTES_H0 + BYTES_H1 + "cd014d" + "cd01bc" + "c0" + tokens
                        + "04 c0 a3475055 c0 c0 01 ae736c6964696e675f77696e646f77 08 00");
        assertThat(pool.query(8)).isEqualTo("a:2");
        assertThat(pool.query(new int[] {9, 9, 9, 9}, "m", null))
                .as("by their places")
                .isEmpty();
        assertThat(pool.lane("a").keyOf(H2)).isZero();
        assertThat(pool.lane("a").keyOf(H3)).isZero();
        assertThat(batch.dropped()).isZero();
        assertThat(pool.lane("a").counters().misfits()).isZero();
    }

    @Test
    @Tag("kv-index-44")
    void aSaltIsPartOfTheFirstBlock() {
        decode("a", "93" + TS + "91 99" + TWO_BLOCKS + "c0 92 91 a874656e616e742d61 c0 00");
        assertThat(pool.lane("a").keyOf(H0)).isEqualTo(0x2dac0b5cee204b47L);
        assertThat(pool.lane("a").keyOf(H1)).isEqualTo(0xce0092f0bdbdbe71L);
        assertThat(pool.query(EIGHT, "m", new String[] {"tenant-a"})).isEqualTo("a:2");
        assertThat(pool.query(8)).isEmpty();
    }

    /** Clocks of engines jump, and some have none. */
    @Test
    @Tag("bad-input-B91")
    void theOrderOfBatchesCountsAndNotTheirTimes() {
        decode("a", E1.replace(TS, "cb7fefffffffffffff"));
        decode("a", removal(BYTES_H1).replace(TS, "cbc1d954fc40200000"));
        assertThat(pool.query(8)).isEqualTo("a:1");
        decode("a", E1.replace(TS, "cb7ff8000000000000"));
        assertThat(pool.query(8)).isEqualTo("a:2");
    }

    @Test
    @Tag("kv-index-53")
    void anAbsurdNumberOfElementsCostsNothing() {
        byte[] payload = Arrays.copyOf(bytes("92" + TS + "dd80000000"), 100);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        decoder.decode(payload, 0, payload.length, pool.lane("a"));
        long before = threads.getCurrentThreadAllocatedBytes();
        DecodedBatch batch = decoder.decode(payload, 0, payload.length, pool.lane("a"));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(batch.dropped(KvDropReason.MALFORMED_BATCH)).isOne();
        assertThat(allocated).isLessThan(10_000);
        decode("a", E1);
        assertThat(pool.query(8)).isEqualTo("a:2");
    }
}
