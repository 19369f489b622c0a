package io.llmd.kv.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneState;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a lane that was joined late is known in full: section 3.9, "join warm engine". */
class LaneCoverageTest {

    private final KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.ARRAY);
    private final IndexLane lane = new BlockIndex(IndexSettings.DEFAULT).addLane("a", 0);
    private final LaneReader reader = new LaneReader(
            new KvEventDecoder(),
            new LaneState(LaneSettings.of(KeyHasher.of(KeyMode.XXH64, ""), "m", 1), lane),
            lane,
            () -> 0,
            adapter -> {});
    private long sequence;
    private long next = 1;

    @BeforeEach
    void joinLate() {
        reader.coverage(false);
    }

    @Test
    void aTurnoverOfKnownBlocksCompletesALane() {
        turn(LaneReader.MIN_TURNOVER - 1);
        assertThat(lane.isComplete()).isFalse();
        turn(1);
        assertThat(lane.isComplete()).isTrue();
    }

    @Test
    void aRemovalOfAnUnknownBlockBeginsTheTurnoverAnew() {
        turn(LaneReader.MIN_TURNOVER - 1);
        batch(BlockRemoved.of(BlockHashes.ofIds(999_999)));
        turn(LaneReader.MIN_TURNOVER - 1);
        assertThat(lane.isComplete()).isFalse();
        turn(1);
        assertThat(lane.isComplete()).isTrue();
        batch(BlockRemoved.of(BlockHashes.ofIds(999_999)));
        assertThat(lane.isComplete()).as("a removal twice is no sign of a loss").isTrue();
    }

    @Test
    void asManyBlocksAsAreHeldMustGo() {
        for (int i = 0; i < 2 * LaneReader.MIN_TURNOVER; i++) {
            store(next++);
        }
        turn(2 * LaneReader.MIN_TURNOVER - 1);
        assertThat(lane.isComplete()).isFalse();
        turn(1);
        assertThat(lane.isComplete()).isTrue();
    }

    @Test
    void anEmptiedCacheIsKnownInFullAndALossIsNot() {
        batch(new AllBlocksCleared());
        assertThat(lane.isComplete()).isTrue();
        reader.coverage(false);
        assertThat(lane.isComplete()).isFalse();
    }

    /** Stores and removes so many blocks, one after another. */
    private void turn(int blocks) {
        for (int i = 0; i < blocks; i++) {
            long hash = next++;
            store(hash);
            batch(BlockRemoved.of(BlockHashes.ofIds(hash)));
        }
    }

    private void store(long hash) {
        batch(BlockStored.of(BlockHashes.ofIds(hash), null, TokenIds.of((int) hash), 1));
    }

    private void batch(KvEvent event) {
        byte[] payload = encoder.encode(new KvEventBatch(1, List.of(event), 0));
        reader.batch(sequence++, payload, 0, payload.length);
    }
}
