package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;

/**
 * Receives what changed in one lane (the event stream of one endpoint's data-parallel rank): blocks by request key, each
 * told when a copy in a tier appears and when the last one goes. An index takes it, and so does a log that
 * carries it to other processes. Called by one thread; arrays are valid during the call only.
 */
public interface LaneDeltas {

    /**
     * Blocks became held in a tier, in prompt order; some may have been held already.
     *
     * @param group 0 for the blocks of prompts; otherwise the {@link GroupRule} of other KV-cache groups, all of which hold the
     *     blocks now, whose order and tier say nothing then. A block with key 0 only says that there are such groups, ahead of
     *     what they hold; with {@link GroupRule#UNKNOWN} that there are some that cannot be followed
     * @param parentKey key of the block before the first one; 0 when the first one begins a prompt
     * @param keys request keys at {@code from} to {@code from + count - 1}
     * @param engineHashes the engine's identities of the same blocks, at the same places
     */
    void stored(StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count);

    /**
     * Blocks are held in a tier no longer.
     *
     * @param keys request keys at {@code from} to {@code from + count - 1}
     */
    void removed(StorageTier tier, int group, long[] keys, int from, int count);

    /** Nothing is held any more in the tiers of a mask. */
    void cleared(int tierMask);

    /** The publisher began anew: nothing is held any more except in shared storage. */
    void epoch(int epoch);

    /** Whether everything that the endpoint holds is known, or only a part of it. */
    void coverage(boolean isComplete);

    /** What was told since the last call came from these batches of the publisher, first to last. */
    void applied(long firstSequence, long lastSequence);
}
