package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;
import java.util.HashMap;
import java.util.Map;

/**
 * Fills the blocks of a lane from a snapshot. For one thread, and one snapshot.
 *
 * <p>Whether the engine's blocks are several of the index's is not told: it shows in the hashes of the parts.
 */
final class LaneRestoring implements LaneSnapshotTarget {

    private static final long SPLIT_MIX = 0xD1B54A32D192ED03L;

    private final EngineBlocks blocks;
    private final GroupBlocks groups;

    /** Key of the block before, by entry, where a run begins inside of a prompt. */
    private final Map<Integer, Long> beginnings = new HashMap<>();

    private int group = -1;

    /** Into what has no entries. */
    LaneRestoring(EngineBlocks blocks, GroupBlocks groups) {
        this.blocks = blocks;
        this.groups = groups;
        blocks.link();
    }

    /** Hash of a part of a larger block that is not its last one. */
    static long part(long hash, int index) {
        return (hash + index + 1) * SPLIT_MIX;
    }

    /** KV-cache group of the blocks; -1 when there were none. */
    int group() {
        return group;
    }

    @Override
    public void run(
            StorageTier tier, int runGroup, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        group = runGroup;
        for (int i = from; i < from + count; i++) {
            int entry = blocks.find(engineHashes[i]);
            if (entry < 0) {
                entry = blocks.add(engineHashes[i], keys[i]);
            }
            blocks.setCopies(entry, tier, 1);
            if (i > from) {
                blocks.setParent(entry, engineHashes[i - 1]);
            } else if (parentKey != 0) {
                beginnings.put(entry, parentKey);
            }
        }
    }

    @Override
    public void copies(StorageTier tier, int runGroup, long[] engineHashes, byte[] copies, int from, int count) {
        for (int i = from; i < from + count; i++) {
            int entry = blocks.find(engineHashes[i]);
            if (entry >= 0) {
                blocks.setCopies(entry, tier, Math.clamp(copies[i], 0, EngineBlocks.MAX_COPIES));
            }
        }
    }

    @Override
    public void groupRun(int rule, long[] keys, long[] engineHashes, int from, int count) {
        for (int i = from; i < from + count; i++) {
            groups.restoreTold(rule, engineHashes[i], keys[i]);
        }
    }

    @Override
    public void groupCopies(int rule, int ofGroup, long[] engineHashes, byte[] copies, int from, int count) {
        for (int i = from; i < from + count; i++) {
            groups.restoreCopies(rule, ofGroup, engineHashes[i], copies[i]);
        }
    }

    /**
     * After all was told.
     *
     * @param isLinked whether it is needed in any case which block comes before each
     * @return the index's blocks that one of the engine's is
     */
    int finish(boolean isLinked) {
        int split = split();
        if (!isLinked && split == 1) {
            blocks.unlink();
        } else if (!beginnings.isEmpty()) {
            Map<Long, Long> hashes = new HashMap<>();
            for (int entry = 0; entry < blocks.limit(); entry++) {
                hashes.put(blocks.key(entry), blocks.hash(entry));
            }
            beginnings.forEach((entry, key) -> blocks.setParent(entry, hashes.getOrDefault(key, 0L)));
        }
        return split;
    }

    private int split() {
        for (int entry = 0; entry < blocks.limit(); entry++) {
            int parts = 0;
            while (blocks.isKnown(part(blocks.hash(entry), parts))) {
                parts++;
            }
            if (parts > 0) {
                return parts + 1;
            }
        }
        return 1;
    }
}
