package io.llmd.kv.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.sun.management.ThreadMXBean;
import io.llmd.kv.Golden;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damaged batches: never an exception, never more memory than the batch's size allows, never long. */
class KvEventDecoderFuzzTest {

    private static final int ROUNDS = 200_000;

    /** Values that heads of arrays, maps, text and extensions begin with, and others that decide much. */
    private static final byte[] LEADS =
            HexFormat.of().parseHex("00017f808f909fa0bfc0c1c2c4c5c6c7c8c9cacbcccdcecfd0d3d4d8d9dadbdcdddedfe0ff");

    private final KvEventDecoder decoder = new KvEventDecoder();
    private final Checks checks = new Checks();

    @Test
    @Timeout(60)
    void damagedBatchesNeverThrow() throws IOException {
        List<byte[]> corpus = corpus();
        SplittableRandom random = new SplittableRandom(20_261_127);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] payload = damaged(corpus, random);
            try {
                decoder.decode(payload, 0, payload.length, checks);
                decoder.rank(payload, 0, payload.length);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "round " + round + ": " + HexFormat.of().formatHex(payload), e);
            }
        }
        assertThat(checks.events).isGreaterThan(ROUNDS / 20);
    }

    @Test
    @Timeout(60)
    void randomBytesNeverThrow() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] payload = new byte[random.nextInt(64)];
            random.nextBytes(payload);
            if (payload.length > 12) {
                System.arraycopy(HexFormat.of().parseHex("92c091"), 0, payload, 0, 3);
            }
            decoder.decode(payload, 0, payload.length, checks);
        }
    }

    @Test
    @Tag("bad-input-B88")
    void everyPrefixOfABatchIsRead() throws IOException {
        for (byte[] whole : corpus()) {
            for (int to = 0; to < whole.length; to++) {
                decoder.decode(whole, 0, to, checks);
                byte[] cut = Arrays.copyOf(whole, to);
                assertThatCode(() -> decoder.decode(cut, 0, cut.length, checks)).doesNotThrowAnyException();
            }
        }
    }

    @Test
    @Tag("bad-input-B88")
    void hugeHeadsInSmallBatchesAllocateNothing() {
        List<String> heads = List.of("dd", "df", "c6", "db", "c9");
        long before = allocated();
        KvEventDecoder fresh = new KvEventDecoder();
        long ofDecoder = allocated() - before;
        byte[][] payloads = new byte[heads.size() * 2][];
        for (int i = 0; i < heads.size(); i++) {
            payloads[2 * i] = HexFormat.of().parseHex("92c0" + heads.get(i) + "7fffffff" + "00".repeat(93));
            payloads[2 * i + 1] = HexFormat.of()
                    .parseHex("92c09192ac426c6f636b52656d6f766564" + heads.get(i) + "7fffffff" + "00".repeat(93));
        }
        long start = allocated();
        for (byte[] payload : payloads) {
            fresh.decode(payload, 0, payload.length, checks);
        }
        assertThat(allocated() - start).isLessThan(64 << 10);
        assertThat(ofDecoder).isLessThan(256 << 10);
    }

    /** Nested heads, each of which claims all that is left, and hashes that fall on one place of a table. */
    @Test
    void hostileBatchesTakeTimeInProportionToTheirSize() {
        byte[] nested = new byte[8 << 20];
        Arrays.fill(nested, (byte) 0x91);
        byte[] wide = new byte[8 << 20];
        for (int i = 0; i + 5 <= wide.length; i += 5) {
            wide[i] = (byte) 0xDD;
            wide[i + 2] = 0x10;
        }
        byte[] colliding = colliding(1 << 16);
        assertThat(Duration.ofNanos(time(nested) + time(wide) + time(colliding)))
                .isLessThan(Duration.ofSeconds(20));
    }

    private long time(byte[] payload) {
        long start = System.nanoTime();
        decoder.decode(payload, 0, payload.length, checks);
        return System.nanoTime() - start;
    }

    /** One stored event whose hashes, multiplied as the table does, are 0, 1, 2... and so begin at one place. */
    private static byte[] colliding(int count) {
        StringBuilder hex =
                new StringBuilder("92c09196ab426c6f636b53746f726564dd").append(String.format("%08x", count));
        long inverse = 0x9E3779B97F4A7C15L;
        for (int i = 0; i < 6; i++) {
            inverse *= 2 - 0x9E3779B97F4A7C15L * inverse;
        }
        for (int i = 0; i < count; i++) {
            hex.append(String.format("cf%016x", i * inverse));
        }
        return HexFormat.of().parseHex(hex.append("c09000c0"));
    }

    private static byte[] damaged(List<byte[]> corpus, SplittableRandom random) {
        byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] = LEADS[random.nextInt(LEADS.length)];
                case 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 3 -> {
                    byte[] other = corpus.get(random.nextInt(corpus.size()));
                    int length = Math.min(random.nextInt(40), Math.min(bytes.length - at, other.length));
                    System.arraycopy(other, random.nextInt(other.length - length + 1), bytes, at, length);
                }
                default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
            }
        }
        return bytes;
    }

    /** Batches of engines. */
    static List<byte[]> corpus() throws IOException {
        return Golden.rows("kv-events.tsv").stream()
                .map(row -> row[5])
                .filter(text -> !text.startsWith("sha256"))
                .map(HexFormat.of()::parseHex)
                .toList();
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** What a sink may rely on. */
    static final class Checks implements KvEventSink {
        private int events;

        @Override
        public void stored(StoredBlocks blocks) {
            events++;
            assertThat(blocks.hashCount).isPositive().isLessThanOrEqualTo(blocks.hashes.length);
            for (int i = 0; i < blocks.tokenCount; i++) {
                assertThat(blocks.tokens[i]).isNotNegative();
            }
            if (blocks.groupKind == StoredBlocks.GroupKind.FULL) {
                assertThat((long) blocks.hashCount * blocks.blockTokens).isEqualTo(blocks.tokenCount);
            }
            if (blocks.extras != null) {
                assertThat(blocks.extras.length).isGreaterThanOrEqualTo(blocks.hashCount);
            }
            assertThat(blocks.group).isNotNegative();
        }

        @Override
        public void removed(RemovedBlocks blocks) {
            events++;
            assertThat(blocks.hashCount).isPositive().isLessThanOrEqualTo(blocks.hashes.length);
        }

        @Override
        public void cleared() {
            events++;
        }
    }
}
