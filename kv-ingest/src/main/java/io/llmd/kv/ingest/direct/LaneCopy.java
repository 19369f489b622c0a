package io.llmd.kv.ingest.direct;

import io.llmd.kv.delta.DeltaFault;
import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.lane.RemovalMode;
import java.util.List;

/**
 * What an index knew of one lane, and how its engine is known again.
 *
 * @param address where the engine published
 * @param root key before the first block of a prompt for the base model, by which another way to compute keys shows
 * @param blockTokens tokens per block
 * @param removalMode by which copies were counted
 * @param offloadChunkBlocks engine blocks that an event outside the GPU stood for
 * @param chunks as {@link io.llmd.kv.delta.SnapshotChunks} makes them; not changed afterwards
 */
public record LaneCopy(
        String endpoint,
        int rank,
        ZmqAddress address,
        long root,
        int blockTokens,
        RemovalMode removalMode,
        int offloadChunkBlocks,
        List<byte[]> chunks) {

    public LaneCopy {
        chunks = List.copyOf(chunks);
    }

    /** The same lane with these chunks. */
    LaneCopy withChunks(List<byte[]> value) {
        return new LaneCopy(endpoint, rank, address, root, blockTokens, removalMode, offloadChunkBlocks, value);
    }

    /** @throws IllegalArgumentException when the chunks are not those of one whole snapshot */
    SnapshotSet snapshot() {
        LaneSnapshots snapshots = new LaneSnapshots();
        for (int i = 0; i < chunks.size(); i++) {
            DeltaFault fault = snapshots.chunk(0, i, chunks.get(i));
            if (fault != null) {
                throw new IllegalArgumentException("chunk " + i + " of " + endpoint + " rank " + rank + ": " + fault);
            }
        }
        SnapshotSet set = snapshots.newestComplete();
        if (set == null) {
            throw new IllegalArgumentException(
                    "chunks of " + endpoint + " rank " + rank + ": " + chunks.size() + " (expected: a whole set)");
        }
        if (set.cut().lastEngineSequence() < 0) {
            throw new IllegalArgumentException("lane of " + endpoint + " rank " + rank + ": last batch "
                    + set.cut().lastEngineSequence() + " (expected: >= 0)");
        }
        return set;
    }
}
