package io.llmd.kv.event;

/** A removal as decoded; see {@link StoredBlocks} for how long it is valid. */
public final class RemovedBlocks {

    /** 64-bit identities of the blocks. */
    public long[] hashes = new long[64];

    /** Used entries of {@link #hashes}; at least 1. */
    public int hashCount;

    /** Where the copies were. */
    public StorageTier tier = StorageTier.GPU;

    /** Number of the KV-cache group; 0 when the producer does not say. */
    public int group;

    /** Copies of each block that are left, if {@link #hasRemainingCopies}. */
    public int[] remainingCopies = new int[64];

    public boolean hasRemainingCopies;

    /** Whether the copies lived elsewhere ({@code locality} is {@code REMOTE}). */
    public boolean isRemote;

    /** Makes all fields what they are in an event that says nothing. */
    public void reset() {
        hashCount = 0;
        tier = StorageTier.GPU;
        group = 0;
        hasRemainingCopies = false;
        isRemote = false;
    }
}
