package io.llmd.kv.ingest.direct;

import io.llmd.kv.delta.DeltaFault;
import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import java.util.List;

/**
 * What an index knew of one lane, and how its engine is known again.
 *
 * @param address where the engine published
 * @param root key before the first block of a prompt for the base model, by which another way to compute keys shows
 * @param blockTokens tokens per block
 * @param chunks as {@link io.llmd.kv.delta.SnapshotChunks} makes them; not changed afterwards
 */
public record LaneCopy(String endpoint, int rank, ZmqAddress address, long root, int blockTokens, List<byte[]> chunks) {

    public LaneCopy {
        chunks = List.copyOf(chunks);
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
        return set;
    }
}
