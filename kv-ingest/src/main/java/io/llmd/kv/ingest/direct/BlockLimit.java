package io.llmd.kv.ingest.direct;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneSnapshotTarget;

/** Refuses a snapshot with more blocks in a tier, or of a KV-cache group, than a lane ever holds. For one snapshot. */
final class BlockLimit implements LaneSnapshotTarget {

    private final long most;
    private final long[] byTier = new long[StorageTier.COUNT];
    private final long[] byRule = new long[256];
    private final long[] byGroup = new long[256];

    BlockLimit(long most) {
        this.most = most;
    }

    @Override
    public void run(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        require(byTier[tier.ordinal()] += count);
    }

    @Override
    public void groupRun(int rule, long[] keys, long[] engineHashes, int from, int count) {
        require(byRule[rule & 0xFF] += count);
    }

    @Override
    public void copies(StorageTier tier, int group, long[] engineHashes, byte[] copies, int from, int count) {
        // Of blocks that were counted.
    }

    @Override
    public void groupCopies(int rule, int group, long[] engineHashes, byte[] copies, int from, int count) {
        require(byGroup[group & 0xFF] += count);
    }

    private void require(long blocks) {
        if (blocks > most) {
            throw new IllegalArgumentException("blocks: more than " + most);
        }
    }
}
