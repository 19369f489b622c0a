package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;

/** Goes over the blocks of a lane in order of their entries and tells them as runs. For one thread, and one snapshot. */
final class LaneContent {

    private static final int RUN_BLOCKS = 1024;

    private final EngineBlocks blocks;
    private final int group;
    private final LaneSnapshotTarget target;
    private final long[] keys = new long[RUN_BLOCKS];
    private final long[] hashes = new long[RUN_BLOCKS];
    private final byte[] copies = new byte[RUN_BLOCKS];
    private int count;
    private long parentKey;

    private LaneContent(EngineBlocks blocks, int group, LaneSnapshotTarget target) {
        this.blocks = blocks;
        this.group = group;
        this.target = target;
    }

    static void write(EngineBlocks blocks, int group, LaneSnapshotTarget target) {
        LaneContent content = new LaneContent(blocks, group, target);
        for (int tier = 0; tier < StorageTier.COUNT; tier++) {
            content.runs(StorageTier.of(tier));
        }
        for (int tier = 0; tier < StorageTier.COUNT; tier++) {
            content.copies(StorageTier.of(tier));
        }
    }

    private void runs(StorageTier tier) {
        for (int entry = 0; entry < blocks.limit(); entry++) {
            if (blocks.copies(entry, tier) == 0) {
                endRun(tier);
                continue;
            }
            if (count > 0 && blocks.isLinked() && blocks.parent(entry) != hashes[count - 1]) {
                endRun(tier);
            }
            if (count == RUN_BLOCKS) {
                long last = keys[count - 1];
                endRun(tier);
                parentKey = last;
            } else if (count == 0) {
                int before = blocks.before(entry);
                parentKey = before < 0 ? 0 : blocks.key(before);
            }
            keys[count] = blocks.key(entry);
            hashes[count++] = blocks.hash(entry);
        }
        endRun(tier);
    }

    private void endRun(StorageTier tier) {
        if (count > 0) {
            target.run(tier, group, parentKey, keys, hashes, 0, count);
            count = 0;
        }
    }

    private void copies(StorageTier tier) {
        for (int entry = 0; entry < blocks.limit(); entry++) {
            int held = blocks.copies(entry, tier);
            if (held > 1) {
                hashes[count] = blocks.hash(entry);
                copies[count++] = (byte) held;
                if (count == RUN_BLOCKS) {
                    endCopies(tier);
                }
            }
        }
        endCopies(tier);
    }

    private void endCopies(StorageTier tier) {
        if (count > 0) {
            target.copies(tier, group, hashes, copies, 0, count);
            count = 0;
        }
    }
}
