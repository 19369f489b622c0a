package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Column of prefix-cache knowledge: per slot how many leading blocks of the prompt the endpoint holds. All zero where
 * nothing is known.
 *
 * <p>Blocks are counted twice: {@linkplain #matchBlocks by what they are worth}, where a block on a slow tier is less than
 * one, and {@linkplain #cachedBlocks as they are}. Producers that know no tiers say one number for both. Written by the
 * producer, then read by the deciding thread.
 */
public final class PrefixMatches {

    /** What a slot's numbers are taken from. */
    public enum Basis {
        /** What was sent to the endpoint before. */
        ESTIMATE,
        /** All events of the endpoint. */
        EVENTS,
        /** Events of which some are missing, or the newest ones. */
        PARTIAL_EVENTS
    }

    /** Why an index of engines' events did not say anything about a request, so that an estimate stands in. */
    public enum Fallback {
        /** The prompt's tokens are not those of the engine. */
        NO_EXACT_TOKENS,
        /** The index is being built. */
        NOT_READY,
        /** It did not answer in time. */
        LATE,
        /** It did not answer at all, or wrongly. */
        UNREACHABLE,
        /** Too many questions wait for it. */
        OVERLOADED;

        /** How many there are. */
        public static final int COUNT = values().length;
    }

    /** How much of what an endpoint holds its engine can reuse. */
    public enum Reuse {
        /** All of it. */
        FULL,
        /** Less: windows or states that it needs as well are missing at the end. */
        PARTIAL,
        /** Nothing, for the same reason. */
        MISS
    }

    private static final int TIERS = 4;
    private static final int GPU = 0;
    private static final int CPU = 1;
    private static final int DISK = 2;
    private static final int STORAGE = 3;
    private static final int NO_TIERS = -1;

    private final int[] matchBlocks;
    private final int[] cachedBlocks;
    private final int[] totalBlocks;
    private final int[] blockTokens;
    private final BitSet partial = new BitSet(0);
    private int @Nullable [] tierBlocks;
    private int @Nullable [] unusableBlocks;
    private @Nullable Fallback fallback;

    /** A column for {@code slotCount} endpoints, nothing known yet. */
    public PrefixMatches(int slotCount) {
        matchBlocks = new int[slotCount];
        cachedBlocks = new int[slotCount];
        totalBlocks = new int[slotCount];
        blockTokens = new int[slotCount];
    }

    /**
     * Records that the endpoint holds {@code match} of the prompt's {@code total} blocks of {@code tokens} each, whatever
     * tier they are on.
     */
    public void set(int slot, int match, int total, int tokens) {
        setWeighted(slot, match, match, total, tokens);
    }

    /**
     * Records that the endpoint holds {@code cached} of the prompt's {@code total} blocks of {@code tokens} each, which are
     * worth {@code match} blocks on the best tier.
     */
    public void setWeighted(int slot, int match, int cached, int total, int tokens) {
        matchBlocks[slot] = match;
        cachedBlocks[slot] = cached;
        totalBlocks[slot] = total;
        blockTokens[slot] = tokens;
    }

    /**
     * Records the leading blocks by the tier that they are on. A block in the memory of accelerators may count in that of the
     * host too, so that the sum may be more than {@link #cachedBlocks}.
     *
     * @param gpu blocks in the memory of accelerators
     * @param cpu leading blocks in the memory of the host without a gap, wherever else they are: those that other endpoints
     *     can pull
     * @param disk blocks on disks of the host and nowhere faster
     * @param storage blocks on storage that is shared among endpoints and nowhere faster
     */
    public void setTiers(int slot, int gpu, int cpu, int disk, int storage) {
        int[] tiers = tierBlocks;
        if (tiers == null) {
            tiers = new int[TIERS * matchBlocks.length];
            Arrays.fill(tiers, NO_TIERS);
            tierBlocks = tiers;
        }
        tiers[TIERS * slot + GPU] = gpu;
        tiers[TIERS * slot + CPU] = cpu;
        tiers[TIERS * slot + DISK] = disk;
        tiers[TIERS * slot + STORAGE] = storage;
    }

    /**
     * Records that the endpoint holds more leading blocks than those that count as cached, which its engine cannot reuse: it
     * lacks what other KV-cache groups than the main one need at their end.
     */
    public void setUnusable(int slot, int blocks) {
        int[] unusable = unusableBlocks;
        if (unusable == null) {
            unusable = new int[matchBlocks.length];
            unusableBlocks = unusable;
        }
        unusable[slot] = blocks;
    }

    /** Leading blocks that the endpoint holds, whether its engine can reuse them or not. */
    public int heldBlocks(int slot) {
        return cachedBlocks[slot] + (unusableBlocks == null ? 0 : unusableBlocks[slot]);
    }

    /** How much of what is held can be reused. */
    public Reuse reuse(int slot) {
        if (heldBlocks(slot) == cachedBlocks[slot]) {
            return Reuse.FULL;
        }
        return cachedBlocks[slot] == 0 ? Reuse.MISS : Reuse.PARTIAL;
    }

    /** Records that not all is known of what the endpoint holds: it may be more than is said here. */
    public void setPartial(int slot) {
        partial.set(slot);
    }

    /** Records that an index of events said nothing, and why. */
    public void setFallback(Fallback reason) {
        fallback = reason;
    }

    /** Why an index of events said nothing; null when it did, or nobody asked one. */
    public @Nullable Fallback fallback() {
        return fallback;
    }

    /** What the numbers of a slot are taken from. */
    public Basis basis(int slot) {
        if (!knowsTiers(slot)) {
            return Basis.ESTIMATE;
        }
        return isPartial(slot) ? Basis.PARTIAL_EVENTS : Basis.EVENTS;
    }

    /** Leading blocks of the prompt that the endpoint holds, by what they are worth, rounded down. */
    public int matchBlocks(int slot) {
        return matchBlocks[slot];
    }

    /** Leading blocks of the prompt that the endpoint holds on any tier and can reuse. */
    public int cachedBlocks(int slot) {
        return cachedBlocks[slot];
    }

    /** Leading tokens of the prompt that the endpoint holds on any tier and can reuse, in whole blocks. */
    public long cachedTokens(int slot) {
        return (long) cachedBlocks[slot] * blockTokens[slot];
    }

    /** Blocks of the prompt, a partial last one included; 0 when unknown. */
    public int totalBlocks(int slot) {
        return totalBlocks[slot];
    }

    /** Tokens per block; 0 when unknown. */
    public int blockTokens(int slot) {
        return blockTokens[slot];
    }

    /** Whether it is known on which tiers the endpoint holds the blocks; the counts of tiers are 0 otherwise. */
    public boolean knowsTiers(int slot) {
        return tierBlocks != null && tierBlocks[TIERS * slot] != NO_TIERS;
    }

    /** Leading blocks in the memory of accelerators. */
    public int gpuBlocks(int slot) {
        return onTier(slot, GPU);
    }

    /** Leading blocks in the memory of the host without a gap, wherever else they are. */
    public int cpuBlocks(int slot) {
        return onTier(slot, CPU);
    }

    /** Leading blocks on disks of the host. */
    public int diskBlocks(int slot) {
        return onTier(slot, DISK);
    }

    /** Leading blocks on storage that is shared among endpoints. */
    public int storageBlocks(int slot) {
        return onTier(slot, STORAGE);
    }

    /** Whether the endpoint may hold more than is said here, because not all is known of it. */
    public boolean isPartial(int slot) {
        return partial.get(slot);
    }

    /** Held share of the prompt in [0, 1], by what the blocks are worth; 0 when unknown. */
    public double ratio(int slot) {
        return totalBlocks[slot] == 0 ? 0.0 : (double) matchBlocks[slot] / totalBlocks[slot];
    }

    private int onTier(int slot, int tier) {
        return tierBlocks == null ? 0 : Math.max(0, tierBlocks[TIERS * slot + tier]);
    }
}
