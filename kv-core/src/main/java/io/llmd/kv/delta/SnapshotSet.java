package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.lane.LaneSnapshotTarget;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The chunks of one snapshot as they come, until it is whole. For one thread. */
public final class SnapshotSet {

    private final SnapshotCut cut;
    private final byte[] @Nullable [] chunks;
    private int present;
    private long sizeBytes;

    SnapshotSet(SnapshotCut cut, int chunkCount) {
        this.cut = cut;
        chunks = new byte[chunkCount][];
    }

    public SnapshotCut cut() {
        return cut;
    }

    public int chunkCount() {
        return chunks.length;
    }

    /** Bytes of the chunks that are there. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Whether all chunks are there. */
    public boolean isComplete() {
        return present == chunks.length;
    }

    /** Whether a chunk with this fixed part belongs to this set. */
    boolean accepts(SnapshotCut other, int chunkCount) {
        return cut.equals(other) && chunks.length == chunkCount;
    }

    void put(int index, byte[] chunk) {
        byte[] before = chunks[index];
        if (before == null) {
            present++;
        } else {
            sizeBytes -= before.length;
        }
        chunks[index] = chunk;
        sizeBytes += chunk.length;
    }

    /** Takes a chunk out, whose record was overwritten. */
    void remove(int index) {
        if (index >= 0 && index < chunks.length) {
            byte[] before = chunks[index];
            if (before != null) {
                present--;
                sizeBytes -= before.length;
                chunks[index] = null;
            }
        }
    }

    /**
     * XXH64 of the chunks' checksums in order.
     *
     * @throws IllegalStateException while a chunk is missing
     */
    long contentHash() {
        byte[] checksums = new byte[chunks.length * Long.BYTES];
        for (int i = 0; i < chunks.length; i++) {
            LittleEndian.setLong(checksums, i * Long.BYTES, SnapshotLayout.checksum(chunk(i)));
        }
        return SnapshotLayout.hash(checksums);
    }

    /**
     * Tells what the lane held at the cut.
     *
     * @throws IllegalStateException while a chunk is missing; nothing was told then
     */
    public void writeTo(LaneSnapshotTarget target) {
        requireComplete();
        SnapshotScan scan = new SnapshotScan();
        for (int i = 0; i < chunks.length; i++) {
            scan.apply(chunk(i), target);
        }
    }

    /**
     * Makes a lane's taker hold what the lane held at the cut, and nothing else.
     *
     * @throws IllegalStateException while a chunk is missing; nothing was told then
     */
    public void replaceIn(LaneDeltas target) {
        requireComplete();
        target.epoch(cut.epoch());
        target.cleared(StorageTier.ALL);
        writeTo(new RunsAsDeltas(target));
        target.coverage(!cut.isPartial());
        if (cut.lastEngineSequence() != -1) {
            target.applied(0, cut.lastEngineSequence());
        }
    }

    private void requireComplete() {
        if (!isComplete()) {
            throw new IllegalStateException("chunks: " + present + " (expected: " + chunks.length + ")");
        }
    }

    private byte[] chunk(int index) {
        return Objects.requireNonNull(chunks[index]);
    }

    private record RunsAsDeltas(LaneDeltas target) implements LaneSnapshotTarget {

        @Override
        public void run(
                StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
            target.stored(tier, GroupRule.NONE, parentKey, keys, engineHashes, from, count);
        }

        @Override
        public void groupRun(int rule, long[] keys, long[] engineHashes, int from, int count) {
            target.stored(StorageTier.GPU, rule, 0, keys, engineHashes, from, count);
        }

        @Override
        public void groupCopies(int rule, int group, long[] engineHashes, byte[] copies, int from, int count) {
            // Nor those of other groups; but which there are it must know before it has blocks.
            target.stored(StorageTier.GPU, rule, 0, new long[1], new long[1], 0, 1);
        }

        @Override
        public void copies(StorageTier tier, int group, long[] engineHashes, byte[] copies, int from, int count) {
            // Whoever takes deltas does not count copies.
        }
    }
}
