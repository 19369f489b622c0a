package io.llmd.kv.ingest.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.key.KeyMode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An index that is started anew goes on from what another one knew: 7.6, for a process without a log. */
class DirectIndexSnapshotTest {

    private static final PoolSettings POOL = PoolSettings.DEFAULT.withModel("m").withBlockTokens(4);
    private static final ZmqAddress LIVE = new ZmqAddress("127.0.0.1", 1);
    private static final ZmqAddress REPLAY = new ZmqAddress("127.0.0.1", 2);
    private static final ZmqSource SOURCE = ZmqSource.of("a", 0, LIVE, REPLAY);

    private final HandFedSources before = new HandFedSources();
    private final HandFedSources after = new HandFedSources();
    private final DirectIndex old = new DirectIndex(POOL, () -> 0, before);
    private final DirectIndex index = new DirectIndex(POOL, () -> 0, after);

    @Test
    void removalsOfBlocksThatOnlyTheOldOneSawStoredAreUnderstood() throws IOException {
        byte[] snapshot = snapshotAfter(stored(null, 1, 11, 12, 13), stored(11L, 51, 21));
        index.add(SOURCE);

        int lanes = IndexSnapshot.read(
                new ByteArrayInputStream(snapshot),
                lane -> assertThat(index.restore(lane)).isTrue());

        assertThat(lanes).isEqualTo(1);
        assertThat(held(12)).as("before anybody is connected").isEqualTo(3);
        publishAgain(stored(null, 1, 11, 12, 13), stored(11L, 51, 21), removed(13), stored(12L, 81, 14));
        after.connect();
        assertThat(after.feed().state()).isEqualTo(SourceState.EXACT);
        assertThat(held(12)).as("the removal that came meanwhile").isEqualTo(2);
        after.publish(removed(12));
        assertThat(held(12)).isEqualTo(1);
        assertThat(index.lanes().getFirst().lane().isComplete()).isTrue();
        assertThat(index.lanes().getFirst().reader().lane().counters().unknownRemovals())
                .isZero();
    }

    @Test
    void anEngineThatIsAnotherOneBeginsAnew() throws IOException {
        byte[] snapshot = snapshotAfter(stored(null, 1, 11, 12, 13));
        index.add(SOURCE);
        IndexSnapshot.read(new ByteArrayInputStream(snapshot), index::restore);

        publishAgain(stored(null, 1, 91));
        after.connect();

        assertThat(held(12)).as("what the new engine holds").isEqualTo(1);
        assertThat(after.feed().epoch()).isEqualTo(1);
    }

    @Test
    void whatIsFollowedInAnotherWayIsSkipped() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11)));

        assertThat(index.restore(lane)).as("not followed").isFalse();
        index.add(ZmqSource.of("a", 0, new ZmqAddress("127.0.0.1", 3), REPLAY));
        assertThat(index.restore(lane)).as("another address").isFalse();
        index.remove("a", 0);
        index.add(ZmqSource.of("a", 0, LIVE, null));
        assertThat(index.restore(lane)).as("nobody can be asked").isFalse();
        DirectIndex otherKeys = new DirectIndex(POOL.withKeys(KeyMode.FOLD64, ""), () -> 0, new HandFedSources());
        otherKeys.add(SOURCE);
        assertThat(otherKeys.restore(lane)).as("other keys").isFalse();
        DirectIndex otherBlocks = new DirectIndex(POOL.withBlockTokens(8), () -> 0, new HandFedSources());
        otherBlocks.add(SOURCE);
        assertThat(otherBlocks.restore(lane)).as("other blocks").isFalse();
    }

    @Test
    void anEngineThatSaidNothingYetIsNotCopied() {
        old.add(SOURCE);
        before.connect();

        assertThat(old.copy("a", 0).join()).isEmpty();
        assertThat(old.copy("b", 0).join()).isEmpty();
    }

    @Test
    void everyDamageIsRefusedAndNothingElseIsThrown() throws IOException {
        byte[] snapshot = snapshotAfter(stored(null, 1, 11, 12, 13));
        for (int length = 0; length < snapshot.length; length++) {
            byte[] cut = Arrays.copyOf(snapshot, length);
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(IOException.class);
        }
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 2_000; i++) {
            byte[] bent = snapshot.clone();
            bent[random.nextInt(bent.length)] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> read(bent)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> read(Arrays.copyOf(snapshot, snapshot.length + 1)))
                .hasMessageContaining("behind its end");
        assertThatThrownBy(() -> read("GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("no snapshot");
    }

    @Test
    void aLaneThatOccursTwiceIsRefused() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        IndexSnapshot.begin(out);
        IndexSnapshot.lane(lane, out);
        IndexSnapshot.lane(lane, out);
        IndexSnapshot.end(2, out);

        assertThatThrownBy(() -> read(out.toByteArray())).hasMessageContaining("twice");
    }

    private static void read(byte[] bytes) throws IOException {
        IndexSnapshot.read(new ByteArrayInputStream(bytes), lane -> {});
    }

    private static LaneCopy lane(byte[] snapshot) throws IOException {
        List<LaneCopy> lanes = new ArrayList<>();
        IndexSnapshot.read(new ByteArrayInputStream(snapshot), lanes::add);
        return lanes.getFirst();
    }

    private byte[] snapshotAfter(byte[]... batches) throws IOException {
        old.add(SOURCE);
        before.connect();
        for (byte[] batch : batches) {
            before.publish(batch);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        IndexSnapshot.begin(out);
        IndexSnapshot.lane(old.copy("a", 0).join().orElseThrow(), out);
        IndexSnapshot.end(1, out);
        return out.toByteArray();
    }

    private void publishAgain(byte[]... batches) {
        for (byte[] batch : batches) {
            after.publish(batch);
        }
    }

    /** Leading blocks of the prompt of tokens 1, 2, 3 and so on that the engine holds. */
    private int held(int tokens) {
        long[] keys = new long[tokens / 4];
        int[] prompt = IntStream.rangeClosed(1, tokens).toArray();
        index.hasher().chain(index.root("m"), prompt, 0, keys.length, 4, keys, 0);
        PrefixLookup lookup = new PrefixLookup();
        index.index().match(keys, keys.length, lookup);
        return lookup.first() < 0 ? 0 : lookup.blocks(lookup.first());
    }

    private static byte[] stored(@Nullable Long parent, int firstToken, long... hashes) {
        int[] tokens =
                IntStream.range(firstToken, firstToken + 4 * hashes.length).toArray();
        return encoded(BlockStored.of(
                BlockHashes.ofIds(hashes), parent == null ? null : BlockHash.ofId(parent), TokenIds.of(tokens), 4));
    }

    private static byte[] removed(long hash) {
        return encoded(BlockRemoved.of(BlockHashes.ofIds(hash)));
    }

    private static byte[] encoded(KvEvent event) {
        return new KvEventEncoder(KvEventFormat.MAP).encode(new KvEventBatch(1, List.of(event), 0));
    }
}
