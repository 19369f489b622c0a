package io.llmd.scheduler.scheduling;

/**
 * Column of prefix-cache knowledge: per slot how many leading blocks of the prompt the endpoint holds. All zero where
 * nothing is known.
 */
public final class PrefixMatches {

    private final int[] matchBlocks;
    private final int[] totalBlocks;
    private final int[] blockTokens;

    /** A column for {@code slotCount} endpoints, nothing known yet. */
    public PrefixMatches(int slotCount) {
        matchBlocks = new int[slotCount];
        totalBlocks = new int[slotCount];
        blockTokens = new int[slotCount];
    }

    /** Records that the endpoint holds {@code match} of the prompt's {@code total} blocks of {@code tokens} each. */
    public void set(int slot, int match, int total, int tokens) {
        matchBlocks[slot] = match;
        totalBlocks[slot] = total;
        blockTokens[slot] = tokens;
    }

    /** Leading blocks of the prompt that the endpoint holds. */
    public int matchBlocks(int slot) {
        return matchBlocks[slot];
    }

    /** Blocks of the prompt, a partial last one included; 0 when unknown. */
    public int totalBlocks(int slot) {
        return totalBlocks[slot];
    }

    /** Tokens per block; 0 when unknown. */
    public int blockTokens(int slot) {
        return blockTokens[slot];
    }

    /** Held share of the prompt in [0, 1]; 0 when unknown. */
    public double ratio(int slot) {
        return totalBlocks[slot] == 0 ? 0.0 : (double) matchBlocks[slot] / totalBlocks[slot];
    }
}
