package io.llmd.kv.delta;

import io.llmd.kv.lane.CopyCounting;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of one lane as records of a log bring them: two generations of chunks, and the head. Of each generation the
 * newest set is kept, whole or not, so that a set which is being written never takes the last whole one away. For one
 * thread; holds up to two sets in memory.
 */
public final class LaneSnapshots {

    /** Generations of keys. */
    public static final int GENERATIONS = 2;

    private final @Nullable SnapshotSet[] sets = new SnapshotSet[GENERATIONS];
    private final int[] lastIndex = {-1, -1};
    private @Nullable SnapshotHead head;

    /**
     * Takes a chunk.
     *
     * @param generation 0 or 1, as its key says
     * @param index as its key says
     * @return why it is not taken; null when it is
     */
    public @Nullable DeltaFault chunk(int generation, int index, byte[] bytes) {
        DeltaFault fault = faultOfFixedPart(bytes);
        if (fault == null && (SnapshotLayout.index(bytes) != index || index >= SnapshotLayout.chunkCount(bytes))) {
            fault = DeltaFault.BAD_HEAD;
        }
        if (fault == null) {
            fault = SnapshotScan.fault(bytes);
        }
        if (fault != null) {
            return fault;
        }
        SnapshotCut cut = SnapshotLayout.cut(bytes);
        int count = SnapshotLayout.chunkCount(bytes);
        SnapshotSet set = sets[generation];
        if (set == null || cut.isNewerThan(set.cut())) {
            set = new SnapshotSet(cut, count);
            sets[generation] = set;
        }
        lastIndex[generation] = Math.max(lastIndex[generation], index);
        if (set.accepts(cut, count)) {
            set.put(index, bytes);
        } else {
            set.remove(index);
        }
        return null;
    }

    /** The cut that bytes say they are a chunk of; null when they are no chunk. */
    public static @Nullable SnapshotCut cutOf(byte[] bytes) {
        return faultOfFixedPart(bytes) == null ? SnapshotLayout.cut(bytes) : null;
    }

    private static @Nullable DeltaFault faultOfFixedPart(byte[] bytes) {
        return SnapshotLayout.fault(
                bytes, SnapshotLayout.CHUNK_MAGIC, SnapshotLayout.FIXED_BYTES + SnapshotLayout.CHECKSUM_BYTES);
    }

    /** A chunk's record is gone. */
    public void chunkRemoved(int generation, int index) {
        SnapshotSet set = sets[generation];
        if (set != null) {
            set.remove(index);
        }
        if (lastIndex[generation] == index) {
            lastIndex[generation]--;
        }
    }

    /**
     * Takes a head.
     *
     * @return why it is not taken; null when it is
     */
    public @Nullable DeltaFault head(byte[] bytes) {
        SnapshotHead read = SnapshotHead.read(bytes);
        if (read != null && (head == null || !head.cut().isNewerThan(read.cut()))) {
            head = read;
        }
        return SnapshotHead.fault(bytes);
    }

    /** The newest head, if one came. */
    public @Nullable SnapshotHead head() {
        return head;
    }

    /** The set that the head names, once it is whole. */
    public @Nullable SnapshotSet named() {
        SnapshotHead known = head;
        SnapshotSet set = known == null ? null : sets[known.generation()];
        return known != null && set != null && known.names(set) ? set : null;
    }

    /** The newest whole set, whether or not a head names it; null when there is none. */
    public @Nullable SnapshotSet newestComplete() {
        SnapshotSet newest = null;
        for (SnapshotSet set : sets) {
            if (set != null && set.isComplete() && (newest == null || set.cut().isNewerThan(newest.cut()))) {
                newest = set;
            }
        }
        return newest;
    }

    /** The same among those whose owner counted copies in this way. */
    public @Nullable SnapshotSet newestComplete(CopyCounting counting) {
        SnapshotSet newest = null;
        for (SnapshotSet set : sets) {
            boolean isUsable =
                    set != null && set.isComplete() && set.cut().counting().equals(counting);
            if (isUsable && (newest == null || set.cut().isNewerThan(newest.cut()))) {
                newest = set;
            }
        }
        return newest;
    }

    /** The generation that the next snapshot has to be written to: not the one of the newest whole set. */
    public int nextGeneration() {
        SnapshotSet newest = newestComplete();
        if (newest != null) {
            return newest == sets[0] ? 1 : 0;
        }
        return head == null ? 0 : 1 - head.generation();
    }

    /** How many chunk keys of a generation are in use, which a later and smaller set has to remove. */
    public int chunkKeys(int generation) {
        return lastIndex[generation] + 1;
    }

    /** Bytes of all chunks kept. */
    public long sizeBytes() {
        long size = 0;
        for (SnapshotSet set : sets) {
            size += set == null ? 0 : set.sizeBytes();
        }
        return size;
    }
}
