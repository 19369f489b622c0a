package io.llmd.kv.event;

import org.jspecify.annotations.Nullable;

/**
 * A stored event as decoded: fields of arrays that the decoder fills anew for each event, so that decoding allocates
 * nothing. For one thread, and valid only while a {@link KvEventSink} is being called.
 */
public final class StoredBlocks {

    /** What kind of attention a KV-cache group serves. */
    public enum GroupKind {
        /** A block is of use only with all blocks before it; also what a producer means that does not say. */
        FULL,
        /** The last {@link #windowTokens} tokens are attended to, and only their blocks are of use. */
        SLIDING_WINDOW,
        /** Tokens are attended to within fixed chunks of {@link #windowTokens}, and only the last chunk's blocks are of use. */
        CHUNKED,
        /** A block is the state behind all tokens before its end, and of use alone. */
        STATE,
        /** Anything else whose blocks are not a prefix. */
        OTHER
    }

    /** 64-bit identities of the blocks in prompt order: last 8 bytes of a digest, or the integer as it came. */
    public long[] hashes = new long[64];

    /** Used entries of {@link #hashes}; at least 1. */
    public int hashCount;

    /** Whether {@link #parent} is set; the first block begins the prompt otherwise. A parent of 0 counts as none. */
    public boolean hasParent;

    /** Identity of the block before the first one. */
    public long parent;

    /**
     * Tokens of the whole span, each in [0, 2^31); empty in events that carry hashes only, and
     * {@code hashCount * blockTokens} of them otherwise, if {@link #groupKind} is {@link GroupKind#FULL}.
     */
    public int[] tokens = new int[1024];

    /** Used entries of {@link #tokens}. */
    public int tokenCount;

    /** Tokens per block; 0 in events that carry hashes only. */
    public int blockTokens;

    /** Name of the LoRA adapter, {@code lora_id:} and its number if it has no name; null without one. */
    public @Nullable String adapter;

    /** Where the copy is. */
    public StorageTier tier = StorageTier.GPU;

    /** Whether the medium is one that is known; the tier is a guess otherwise. */
    public boolean isTierKnown = true;

    /**
     * Strings besides tokens that tell blocks apart, per block and in the event's order: adapter, identifiers of media
     * items, cache salt. Offsets are left out. Null when no block has any; an entry is null when its block has none. The
     * entries of {@link #hashCount} blocks count and the array may be longer; what an entry holds never changes, and blocks
     * share it.
     */
    public String @Nullable [] @Nullable [] extras;

    /** Number of the KV-cache group; 0 when the producer does not say. */
    public int group;

    public GroupKind groupKind = GroupKind.FULL;

    /** Width of the window in tokens; 0 without one. */
    public int windowTokens;

    /** Whether the copy lives elsewhere ({@code locality} is {@code REMOTE}). */
    public boolean isRemote;

    /** Whether the block was there before and is merely announced again ({@code origin} is {@code REUSED}). */
    public boolean isReused;

    /** Makes all fields what they are in an event that says nothing. */
    public void reset() {
        hashCount = 0;
        hasParent = false;
        parent = 0;
        tokenCount = 0;
        blockTokens = 0;
        adapter = null;
        tier = StorageTier.GPU;
        isTierKnown = true;
        extras = null;
        group = 0;
        groupKind = GroupKind.FULL;
        windowTokens = 0;
        isRemote = false;
        isReused = false;
    }
}
