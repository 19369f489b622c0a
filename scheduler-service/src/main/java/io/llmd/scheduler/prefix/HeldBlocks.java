package io.llmd.scheduler.prefix;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.PrefixLookup;

/** What each candidate of a request holds of one prompt, by position among the candidates. Written once, then read only. */
public final class HeldBlocks {

    private static final int TIERS = StorageTier.COUNT;

    private final int[] blocks;
    private final int[] byTier;
    private final int[] inHostMemory;
    private final int[] reusable;

    HeldBlocks(int candidates) {
        blocks = new int[candidates];
        byTier = new int[candidates * TIERS];
        inHostMemory = new int[candidates];
        reusable = new int[candidates];
    }

    /** Leading blocks that a candidate holds, in whatever tier. */
    public int blocks(int position) {
        return blocks[position];
    }

    /** Those of {@link #blocks(int)} whose fastest copy is in a tier. */
    public int blocks(int position, StorageTier tier) {
        return byTier[position * TIERS + tier.ordinal()];
    }

    /** Leading blocks of which the memory of the host has a copy, so that others can pull them. */
    public int inHostMemory(int position) {
        return inHostMemory[position];
    }

    /** Those of {@link #blocks(int)} that the engine can reuse; see {@link PrefixLookup#reusableBlocks}. */
    public int reusable(int position) {
        return reusable[position];
    }

    /**
     * Sum of the weights of {@link #reusable(int)} blocks. In which tiers these are is not known, so that the slowest count first.
     *
     * @param weights by tier
     */
    public double worth(int position, double[] weights) {
        double worth = 0;
        int left = reusable[position];
        for (int tier = TIERS - 1; tier >= 0; tier--) {
            int counted = Math.min(byTier[position * TIERS + tier], left);
            left -= counted;
            worth += weights[tier] * counted;
        }
        return worth;
    }

    void set(int position, PrefixLookup lookup, int place) {
        blocks[position] = lookup.blocks(place);
        reusable[position] = lookup.reusableBlocks(place);
        for (int tier = 0; tier < TIERS; tier++) {
            byTier[position * TIERS + tier] = lookup.blocks(place, StorageTier.of(tier));
        }
        inHostMemory[position] = lookup.hostBlocks(place);
    }

    /**
     * A candidate can load blocks from a shared storage, behind those that it holds.
     *
     * @param hasOtherGroups whether its engine needs more than these blocks to reuse them, of which a storage tells nothing
     */
    void extend(int position, int more, boolean hasOtherGroups) {
        // What lies behind blocks that cannot be reused is of no use either.
        reusable[position] += !hasOtherGroups && reusable[position] == blocks[position] ? more : 0;
        blocks[position] += more;
        byTier[position * TIERS + StorageTier.STORAGE.ordinal()] += more;
    }

    void set(int position, int gpu, int cpu, int disk, int storage, int leadingInHostMemory, int reusableBlocks) {
        blocks[position] = gpu + cpu + disk + storage;
        reusable[position] = Math.min(reusableBlocks, blocks[position]);
        int at = position * TIERS;
        byTier[at + StorageTier.GPU.ordinal()] = gpu;
        byTier[at + StorageTier.CPU.ordinal()] = cpu;
        byTier[at + StorageTier.DISK.ordinal()] = disk;
        byTier[at + StorageTier.STORAGE.ordinal()] = storage;
        inHostMemory[position] = leadingInHostMemory;
    }

    int longest() {
        int longest = 0;
        for (int each : blocks) {
            longest = Math.max(longest, each);
        }
        return longest;
    }
}
