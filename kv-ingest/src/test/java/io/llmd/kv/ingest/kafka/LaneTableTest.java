package io.llmd.kv.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.ingest.kafka.LaneTable.Change;
import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.lane.RemovalMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Descriptions of lanes as bytes, and what several writers make of them. */
class LaneTableTest {

    private final LaneTable table = new LaneTable();

    @Test
    void aDescriptionHasItsBytes() {
        LaneSpec spec = new LaneSpec("id", "p", "e", "u", 2, "m", 16, "x", "a", "")
                .withCounting(new CopyCounting(RemovalMode.LOGICAL, 4));
        byte[] bytes = new LaneRecord(new LaneDescription(spec, 7, 3), "o").toBytes();
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("4c4b0100" + "07000000" + "03000000" + "02000000" + "10000000" + "010070" + "010065"
                        + "010075" + "01006d" + "010078" + "010061" + "0000" + "01006f" + "09000000");
        LaneRecord read = LaneRecord.read(spec.key(), Arrays.copyOf(bytes, bytes.length + 8));
        assertThat(read).isEqualTo(new LaneRecord(new LaneDescription(spec, 7, 3), "o"));
    }

    @Test
    void whatIsNoDescriptionIsRefused() {
        byte[] good = new LaneRecord(Lanes.lane("a/0", 1, 0), "owner").toBytes();
        byte[] key = Lanes.spec("a/0").key();
        assertThat(LaneRecord.read(null, good)).isNull();
        assertThat(LaneRecord.read(new byte[0], good)).isNull();
        int former = good.length - Integer.BYTES;
        for (int length = 0; length < good.length; length++) {
            if (length != former) {
                assertThat(LaneRecord.read(key, Arrays.copyOf(good, length))).isNull();
            }
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            byte[] changed = good.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            LaneRecord read = LaneRecord.read(key, changed);
            assertThat(read == null || read.lane().number() > 0).isTrue();
        }
    }

    @Test
    void aFormerReleasesLaneCountsCopiesAsVllmDoes() {
        LaneSpec spec = Lanes.spec("a/0").withCounting(new CopyCounting(RemovalMode.LOGICAL, 4));
        byte[] now = new LaneRecord(new LaneDescription(spec, 1, 0), "owner").toBytes();
        LaneRecord former = LaneRecord.read(spec.key(), Arrays.copyOf(now, now.length - Integer.BYTES));
        assertThat(former).isEqualTo(new LaneRecord(Lanes.lane("a/0", 1, 0), "owner"));
    }

    @Test
    void aLaneWithoutANameOrPlaceIsRefused() {
        assertThatThrownBy(() -> Lanes.spec("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lanes.spec("x".repeat(1_001))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lanes.lane("a", 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lanes.lane("a", 1, 10_000)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theFirstOfTwoRegistrationsDecidesNumberAndPartition() {
        offer(new LaneRecord(Lanes.lane("a/0", 1, 0), ""), 10);
        offer(new LaneRecord(Lanes.lane("a/0", 2, 1), ""), 11);
        assertThat(entry().lane()).isEqualTo(Lanes.lane("a/0", 1, 0));
        assertThat(entry().isClaimed()).isFalse();
    }

    @Test
    void aClaimsTermIsItsPlaceAndARegistrationDoesNotTakeItAway() {
        offer(new LaneRecord(Lanes.lane("a/0", 1, 0), ""), 10);
        offer(new LaneRecord(Lanes.lane("a/0", 1, 0), "first"), 11);
        assertThat(entry().term()).isEqualTo(12);
        offer(new LaneRecord(Lanes.lane("a/0", 1, 0), "second"), 40);
        offer(new LaneRecord(Lanes.lane("a/0", 9, 9), ""), 41);
        assertThat(entry().term()).isEqualTo(41);
        assertThat(entry().owner()).isEqualTo("second");
        assertThat(entry().lane().number()).isEqualTo(1);
    }

    @Test
    void aTombstoneMakesRoomForANewRegistration() {
        offer(new LaneRecord(Lanes.lane("a/0", 1, 0), "first"), 11);
        assertThat(table.offer(Lanes.spec("a/0").key(), null, 12, 0)).isInstanceOf(Change.Removed.class);
        assertThat(table.offer(Lanes.spec("a/0").key(), null, 13, 0)).isInstanceOf(Change.None.class);
        offer(new LaneRecord(Lanes.lane("a/0", 2, 1), ""), 14);
        assertThat(entry().lane()).isEqualTo(Lanes.lane("a/0", 2, 1));
    }

    @Test
    void keysOfSnapshotsComeBackAndOthersAreNone() {
        for (SnapshotKey key : new SnapshotKey[] {
            SnapshotKey.head("ns/pod/0"), new SnapshotKey("ns/pod/0", 1, 17), new SnapshotKey("a", 0, 4095)
        }) {
            assertThat(SnapshotKey.read(key.toBytes())).isEqualTo(key);
        }
        assertThat(key(null)).isNull();
        assertThat(key("a/2/0")).isNull();
        assertThat(key("a/0/99999")).isNull();
        assertThat(key("/0/1")).isNull();
        assertThat(key("a/0/x")).isNull();
    }

    @Test
    void topicsHaveTheirNamesAndPartitions() {
        KvTopics topics = new KvTopics("Qwen3-32B");
        assertThat(topics.events()).isEqualTo("llmd.kv-events.Qwen3-32B");
        assertThat(topics.snapshots()).isEqualTo("llmd.kv-snapshots.Qwen3-32B");
        assertThat(KvTopics.partitionsFor(0)).isEqualTo(2);
        assertThat(KvTopics.partitionsFor(100)).isEqualTo(3);
        assertThat(KvTopics.partitionsFor(1_000)).isEqualTo(21);
        assertThatThrownBy(() -> new KvTopics("Qwen/Qwen3")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aConnectionDoesNotPrintItsSecrets() {
        KafkaConnection connection = new KafkaConnection("b:1", Map.of("sasl.jaas.config", "password=secret"));
        assertThat(connection.toString()).contains("sasl.jaas.config").doesNotContain("secret");
    }

    private void offer(LaneRecord record, long offset) {
        assertThat(table.offer(record.lane().spec().key(), record.toBytes(), offset, 5))
                .isInstanceOf(Change.Put.class);
    }

    private LaneTable.Entry entry() {
        return Objects.requireNonNull(table.get("a/0"));
    }

    private static @Nullable SnapshotKey key(@Nullable String text) {
        return SnapshotKey.read(text == null ? null : text.getBytes(StandardCharsets.UTF_8));
    }
}
