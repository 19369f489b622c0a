package io.llmd.kv.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotHead;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** A lane that was restored from a snapshot goes on exactly as the one that the snapshot is of. */
class LaneSnapshotPropertyTest {

    private static final int PROMPTS = 3;
    private static final int PROMPT_BLOCKS = 10;
    private static final int BLOCK = 4;

    /** Deltas as text. */
    private static final class Told implements LaneDeltas {

        private final List<String> all = new ArrayList<>();

        @Override
        public void stored(
                StorageTier tier, int group, long parentKey, long[] keys, long[] hashes, int from, int count) {
            all.add("stored " + tier + " " + group + " " + parentKey + " "
                    + Arrays.toString(Arrays.copyOfRange(keys, from, from + count))
                    + Arrays.toString(Arrays.copyOfRange(hashes, from, from + count)));
        }

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
            all.add("removed " + tier + " " + group + " "
                    + Arrays.toString(Arrays.copyOfRange(keys, from, from + count)));
        }

        @Override
        public void cleared(int tierMask) {
            all.add("cleared " + tierMask);
        }

        @Override
        public void epoch(int epoch) {
            all.add("epoch " + epoch);
        }

        @Override
        public void coverage(boolean isComplete) {
            all.add("coverage " + isComplete);
        }

        @Override
        public void applied(long firstSequence, long lastSequence) {
            all.add("applied " + lastSequence);
        }
    }

    /**
     * @param split the index's blocks that one of the engine's is
     * @param offload engine blocks that an event outside the GPU stands for
     */
    @Property(tries = 150)
    void theRestoredLaneGoesOnLikeTheOriginal(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int split,
            @ForAll @IntRange(min = 1, max = 2) int offload) {
        Random random = new Random(seed);
        LaneSettings settings = LaneSettings.of(KeyHasher.of(KeyMode.XXH64, ""), "m", BLOCK)
                .withOffloadChunkBlocks(offload)
                .withRemovalMode(random.nextInt(4) == 0 ? RemovalMode.LOGICAL : RemovalMode.PHYSICAL);
        Told told = new Told();
        LaneState original = new LaneState(settings, told);
        long now = 1_000;
        for (int step = 0; step < 80; step++) {
            play(random.nextLong(), now += 10, step, split, original);
        }
        // Keys of removed blocks are remembered for a minute, and not part of a snapshot.
        original.tidy(now += 61_000);
        Told toldAgain = new Told();
        LaneState restored = new LaneState(settings, toldAgain);
        restored.restore(throughBytes(original)::writeTo);

        assertThat(toldAgain.all).isEmpty();
        assertThat(content(restored)).isEqualTo(content(original));
        assertThat(restored.heldBlocks()).isEqualTo(original.heldBlocks());
        assertThat(restored.heldByTier()).isEqualTo(original.heldByTier());
        told.all.clear();
        for (int step = 0; step < 80; step++) {
            long action = random.nextLong();
            now += 1_000;
            play(action, now, step, split, original);
            play(action, now, step, split, restored);
            // Which block came before one is not part of a snapshot unless it is held, so that chunks may be known in
            // part.
            if (offload == 1) {
                assertThat(toldAgain.all).as("step %d", step).isEqualTo(told.all);
            }
        }
    }

    @Example
    void blocksOfALaneWithSmallerOnesAreToldAndCannotBeRestored() {
        LaneState lane = new LaneState(LaneSettings.of(KeyHasher.of(KeyMode.XXH64, ""), "m", 16), new Told());
        assertThat(lane.isRestorable()).isTrue();
        lane.stored(PoolFixture.event(null, 1, 32, 1, 2, 3, 4, 5, 6, 7, 8));

        SnapshotChunks chunks = new SnapshotChunks();
        lane.writeTo(chunks);

        assertThat(chunks.blocks()).isEqualTo(2);
        assertThat(lane.isRestorable()).isFalse();
    }

    /** Key and copies of each block in each tier. */
    private static Map<String, String> content(LaneState lane) {
        Map<String, String> content = new TreeMap<>();
        lane.writeTo(new LaneSnapshotTarget() {
            @Override
            public void run(StorageTier tier, int group, long parent, long[] keys, long[] hashes, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    content.put(tier + " " + hashes[i], keys[i] + " x 1");
                }
            }

            @Override
            public void copies(StorageTier tier, int group, long[] hashes, byte[] copies, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    int held = copies[i];
                    content.computeIfPresent(
                            tier + " " + hashes[i], (block, known) -> known.substring(0, known.length() - 1) + held);
                }
            }

            @Override
            public void groupRun(int rule, long[] keys, long[] hashes, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    content.put("rule " + rule + " " + hashes[i], "" + keys[i]);
                }
            }

            @Override
            public void groupCopies(int rule, int group, long[] hashes, byte[] copies, int from, int count) {
                for (int i = from; i < from + count; i++) {
                    content.put("group " + group + " " + rule + " " + hashes[i], "" + copies[i]);
                }
            }
        });
        return content;
    }

    private static SnapshotSet throughBytes(LaneState lane) {
        SnapshotChunks chunks = new SnapshotChunks(SnapshotChunks.MIN_BYTES);
        lane.writeTo(chunks);
        SnapshotCut cut = new SnapshotCut(1, 1, 0, SnapshotCut.id(1, 0), 0, 0, 0, 5, 7, false, CopyCounting.DEFAULT);
        List<byte[]> sealed = chunks.seal(cut);
        LaneSnapshots snapshots = new LaneSnapshots();
        for (int i = 0; i < sealed.size(); i++) {
            assertThat(snapshots.chunk(0, i, sealed.get(i))).isNull();
        }
        snapshots.head(
                SnapshotHead.of(cut, 0, sealed, sealed.size(), chunks.blocks()).toBytes());
        return Objects.requireNonNull(snapshots.newestComplete());
    }

    private void play(long seed, long now, long sequence, int split, LaneState lane) {
        Random random = new Random(seed);
        int prompt = random.nextInt(PROMPTS);
        int from = random.nextInt(PROMPT_BLOCKS);
        long[] hashes = IntStream.range(from, from + 1 + random.nextInt(PROMPT_BLOCKS - from))
                .mapToLong(block -> hash(prompt, block))
                .toArray();
        StorageTier tier = StorageTier.of(random.nextInt(2));
        lane.begin(now);
        int action = random.nextInt(100);
        int group = 1 + random.nextInt(3);
        if (action < 12) {
            storeOfGroup(lane, group, hashes);
        } else if (action < 20) {
            RemovedBlocks removal = PoolFixture.removal(StorageTier.GPU, hashes);
            removal.group = group;
            lane.removed(removal);
        } else if (action < 55) {
            store(lane, prompt, from, split, hashes);
        } else if (action < 60) {
            lane.stored(PoolFixture.hashesOnly(StorageTier.CPU, hashes));
        } else if (action < 98) {
            lane.removed(PoolFixture.removal(tier, hashes));
        } else {
            lane.cleared();
        }
        lane.end(sequence, sequence);
    }

    /** Two groups with the same window and one with states; the main group is 0, once anything is. */
    private static void storeOfGroup(LaneState lane, int group, long... hashes) {
        StoredBlocks event = PoolFixture.event(null, 1, hashes.length * BLOCK, hashes);
        event.group = group;
        event.groupKind = group == 3 ? StoredBlocks.GroupKind.STATE : StoredBlocks.GroupKind.SLIDING_WINDOW;
        event.windowTokens = 2 * BLOCK;
        lane.stored(event);
    }

    private void store(LaneState lane, int prompt, int from, int split, long... hashes) {
        Long parent = from == 0 ? null : hash(prompt, from - 1);
        if (parent != null && lane.keyOf(parent) == 0) {
            return;
        }
        int tokens = BLOCK * split;
        int first = prompt * 1_000 + from * tokens;
        StoredBlocks event = PoolFixture.event(parent, first, first + hashes.length * tokens - 1, hashes);
        lane.stored(event);
    }

    private static long hash(int prompt, int block) {
        return 0x1234_5678_9abcL * (block + 1) + 0x7654_3210L * prompt;
    }
}
