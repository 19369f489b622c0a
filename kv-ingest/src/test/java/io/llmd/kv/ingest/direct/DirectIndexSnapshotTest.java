package io.llmd.kv.ingest.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.CopyCounting;
import io.llmd.kv.lane.RemovalMode;
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
                any -> true,
                lane -> assertThat(index.restore(lane, false)).isTrue());

        assertThat(lanes).isEqualTo(1);
        assertThat(held(12)).as("before anybody is connected").isEqualTo(3);
        assertThat(index.lanes().getFirst().lane().isComplete())
                .as("while the engine may be another one")
                .isFalse();
        assertThat(index.copy("a", 0).join().orElseThrow().snapshot().cut().isPartial())
                .as("as complete as it came")
                .isFalse();
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
        IndexSnapshot.read(new ByteArrayInputStream(snapshot), any -> true, lane -> index.restore(lane, false));

        publishAgain(stored(null, 1, 91));
        after.connect();

        assertThat(held(12)).as("what the new engine holds").isEqualTo(1);
        assertThat(after.feed().epoch()).isEqualTo(1);
    }

    @Test
    void whatIsFollowedInAnotherWayIsSkipped() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11)));

        assertThat(index.restore(lane, true)).as("not followed").isFalse();
        index.add(ZmqSource.of("a", 0, new ZmqAddress("127.0.0.1", 3), REPLAY));
        assertThat(index.restore(lane, true)).as("another address").isFalse();
        index.remove("a", 0);
        index.add(ZmqSource.of("a", 0, LIVE, null));
        assertThat(index.restore(lane, true)).as("nobody can be asked").isFalse();
        DirectIndex otherKeys = new DirectIndex(POOL.withKeys(KeyMode.FOLD64, ""), () -> 0, new HandFedSources());
        otherKeys.add(SOURCE);
        assertThat(otherKeys.restore(lane, true)).as("other keys").isFalse();
        DirectIndex otherBlocks = new DirectIndex(POOL.withBlockTokens(8), () -> 0, new HandFedSources());
        otherBlocks.add(SOURCE);
        assertThat(otherBlocks.restore(lane, true)).as("other blocks").isFalse();
        DirectIndex otherChunks = new DirectIndex(
                new PoolSettings(KeyMode.XXH64, "", "m", 4, RemovalMode.PHYSICAL, 2, POOL.index(), POOL.zmq()),
                () -> 0,
                new HandFedSources());
        otherChunks.add(SOURCE);
        assertThat(otherChunks.restore(lane, true)).as("other offloaded chunks").isFalse();
        DirectIndex otherRemovals =
                new DirectIndex(POOL.withRemovalMode(RemovalMode.LOGICAL), () -> 0, new HandFedSources());
        otherRemovals.add(SOURCE);
        assertThat(otherRemovals.restore(lane, true)).as("other removals").isFalse();
    }

    @Test
    void exactKnowledgeIsReplacedOnlyWhenAsked() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11, 12, 13)));
        index.add(SOURCE);
        after.publish(stored(null, 1, 11));
        after.connect();

        assertThat(index.takes(lane, false)).isFalse();
        assertThat(index.restore(lane, false)).isFalse();
        assertThat(held(12)).isEqualTo(1);
        assertThat(index.restore(lane, true)).isTrue();
        assertThat(held(12)).isEqualTo(3);
    }

    @Test
    void aLaneWhoseCopyCannotBeReadStaysAsItIs() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11, 12, 13)));
        index.add(SOURCE);
        after.publish(stored(null, 1, 11));
        after.connect();
        byte[] bent = lane.chunks().getFirst().clone();
        bent[bent.length / 2] ^= 1;

        assertThatThrownBy(() -> index.restore(lane.withChunks(List.of(bent)), true))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(held(12)).isEqualTo(1);
        after.publish(stored(11L, 5, 12));
        assertThat(held(12)).as("still followed").isEqualTo(2);
    }

    @Test
    void aLaneThatCannotGoOnFromItsCopyIsFollowedAnew() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11, 12, 13)));
        index.add(SOURCE);
        after.failOnce = true;

        assertThatThrownBy(() -> index.restore(lane, false)).hasMessage("no more");

        assertThat(held(12)).isZero();
        assertThat(index.index().lanes()).hasSize(1);
        after.publish(stored(null, 1, 11));
        after.connect();
        assertThat(held(12)).isEqualTo(1);
        assertThat(after.feed().state()).isEqualTo(SourceState.EXACT);
    }

    @Test
    void aLaneThatIsReplacedMeanwhileIsNotCopied() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11)));
        before.beforeNextAction = () -> old.restore(lane, true);

        assertThat(old.copy("a", 0).join()).isEmpty();
        assertThat(old.copy("a", 0).join()).isPresent();
    }

    @Test
    void aCopyWithoutABatchToAskForIsRefused() throws IOException {
        LaneCopy lane = lane(snapshotAfter(stored(null, 1, 11)));
        SnapshotCut cut = new SnapshotCut(0, 1, 0, SnapshotCut.id(1, 0), 0, 0, 0, -1, 0, false, CopyCounting.DEFAULT);

        byte[] snapshot = snapshotOf(lane.withChunks(new SnapshotChunks().seal(cut)));

        assertThatThrownBy(() -> read(snapshot)).hasMessageContaining("last batch -1");
    }

    @Test
    void moreBlocksThanALaneHoldsAreRefused() {
        BlockLimit limit = new BlockLimit(2);
        long[] two = new long[2];
        limit.run(StorageTier.GPU, 0, 0, two, two, 0, 2);
        limit.run(StorageTier.CPU, 0, 0, two, two, 0, 2);
        limit.groupRun(1, two, two, 0, 2);
        limit.groupCopies(1, 1, two, new byte[2], 0, 2);
        limit.groupCopies(1, 2, two, new byte[2], 0, 2);

        assertThatThrownBy(() -> limit.run(StorageTier.GPU, 0, 0, two, two, 0, 1))
                .hasMessage("blocks: more than 2");
        assertThatThrownBy(() -> limit.groupRun(1, two, two, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limit.groupCopies(1, 1, two, new byte[2], 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void chunksOfLanesThatAreNotWantedAreSkipped() throws IOException {
        byte[] snapshot = snapshotAfter(stored(null, 1, 11));
        List<LaneCopy> asked = new ArrayList<>();

        int lanes = IndexSnapshot.read(
                new ByteArrayInputStream(snapshot),
                head -> {
                    asked.add(head);
                    return false;
                },
                lane -> {
                    throw new AssertionError(lane);
                });

        assertThat(lanes).isEqualTo(1);
        assertThat(asked).singleElement().satisfies(head -> {
            assertThat(head.endpoint()).isEqualTo("a");
            assertThat(head.chunks()).isEmpty();
        });
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
        IndexSnapshot.read(new ByteArrayInputStream(bytes), any -> true, lane -> {});
    }

    private static LaneCopy lane(byte[] snapshot) throws IOException {
        List<LaneCopy> lanes = new ArrayList<>();
        IndexSnapshot.read(new ByteArrayInputStream(snapshot), any -> true, lanes::add);
        return lanes.getFirst();
    }

    private byte[] snapshotAfter(byte[]... batches) throws IOException {
        old.add(SOURCE);
        before.connect();
        for (byte[] batch : batches) {
            before.publish(batch);
        }
        return snapshotOf(old.copy("a", 0).join().orElseThrow());
    }

    private static byte[] snapshotOf(LaneCopy lane) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        IndexSnapshot.begin(out);
        IndexSnapshot.lane(lane, out);
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
