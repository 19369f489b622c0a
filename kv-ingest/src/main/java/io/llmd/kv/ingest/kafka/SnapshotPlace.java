package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.LaneSnapshots;

/**
 * Where the next snapshot of a lane goes.
 *
 * @param generation the one that the newest whole snapshot does not have
 * @param chunkKeys0 keys of chunks in use in generation 0
 * @param chunkKeys1 and in generation 1
 */
public record SnapshotPlace(int generation, int chunkKeys0, int chunkKeys1) {

    /** For a lane without snapshots. */
    public static final SnapshotPlace FIRST = new SnapshotPlace(0, 0, 0);

    /** After the snapshots that were read. */
    public static SnapshotPlace after(LaneSnapshots snapshots) {
        return new SnapshotPlace(snapshots.nextGeneration(), snapshots.chunkKeys(0), snapshots.chunkKeys(1));
    }

    int chunkKeys() {
        return generation == 0 ? chunkKeys0 : chunkKeys1;
    }

    /** The place after a whole snapshot was written here. */
    SnapshotPlace written(int chunks) {
        return generation == 0 ? new SnapshotPlace(1, chunks, chunkKeys1) : new SnapshotPlace(0, chunkKeys0, chunks);
    }

    /** The place after chunks were written here but no head. */
    SnapshotPlace abandoned(int chunks) {
        int keys = Math.max(chunkKeys(), chunks);
        return generation == 0 ? new SnapshotPlace(0, keys, chunkKeys1) : new SnapshotPlace(1, chunkKeys0, keys);
    }
}
