package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;

/**
 * Receives all that a lane holds: runs, and how many copies there are of the few blocks with more than one. Called by one
 * thread; arrays are valid during the call only.
 */
public interface LaneSnapshotTarget {

    /**
     * Blocks that a tier holds, in prompt order. A block occurs once for each tier and group.
     *
     * @param parentKey key of the block before the first one; 0 when the first one begins a prompt
     * @param keys request keys at {@code from} to {@code from + count - 1}
     * @param engineHashes the engine's identities of the same blocks, at the same places
     */
    void run(StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count);

    /**
     * Blocks of which there is not exactly one copy, each told by {@link #run} before.
     *
     * @param engineHashes the engine's identities at {@code from} to {@code from + count - 1}
     * @param copies numbers of copies in [0, 15], at the same places
     */
    void copies(StorageTier tier, int group, long[] engineHashes, byte[] copies, int from, int count);

    /**
     * Blocks that all KV-cache groups with a rule hold, as an index was told of them; after the numbers of their copies.
     *
     * @param rule see {@link GroupRule}
     */
    void groupRun(int rule, long[] keys, long[] engineHashes, int from, int count);

    /**
     * Numbers of copies that another KV-cache group than the main one holds. That there is such a group is told before any run.
     *
     * @param rule of that group; {@link GroupRule#UNKNOWN} for all that cannot be followed, of which no copies are told
     * @param copies in [0, 15], at the same places as the engine's identities; a 0 says only that there is such a group
     */
    void groupCopies(int rule, int group, long[] engineHashes, byte[] copies, int from, int count);
}
