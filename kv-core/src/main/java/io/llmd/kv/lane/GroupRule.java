package io.llmd.kv.lane;

import io.llmd.kv.event.StoredBlocks;

/**
 * Which blocks of another KV-cache group than the main one an engine needs to reuse leading blocks of a prompt, as a number of
 * one byte that {@link LaneDeltas} carry as their group: the last blocks before the end of what is reused, or those since the
 * last multiple of a number of blocks. Numbers of blocks above 15 have five significant bits; windows are rounded up, so that
 * less counts as reusable and never more.
 */
public final class GroupRule {

    /** No rule: the blocks of prompts themselves. */
    public static final int NONE = 0;

    /** All blocks from the prompt's beginning on. */
    public static final int ALL = 0x7F;

    /** In place of a rule: a lane has groups that cannot be followed, so that nothing of it is known to be reusable. */
    public static final int UNKNOWN = 0xFF;

    private static final int CHUNKED = 0x80;
    private static final int SIZE = 0x7F;
    private static final int EXACT = 16;
    private static final int MAX_BLOCKS = 30 << 6;

    private GroupRule() {}

    /** The last {@code count} blocks, at least 1. */
    public static int last(int count) {
        return count > MAX_BLOCKS ? ALL : size(Math.max(1, count));
    }

    /** The blocks since the last multiple of {@code count}; {@link #NONE} for a number that is not among those there are. */
    public static int since(int count) {
        int size = count < 1 || count > MAX_BLOCKS ? 0 : size(count);
        return size == 0 || blocks(size) != count ? NONE : CHUNKED | size;
    }

    /** The least number that is not below a count. */
    private static int size(int count) {
        if (count < EXACT) {
            return count;
        }
        int shift = Math.max(0, Integer.SIZE - 5 - Integer.numberOfLeadingZeros(count));
        int rounded = count + (1 << shift) - 1 >> shift;
        if (rounded == 2 * EXACT) {
            shift++;
            rounded = EXACT;
        }
        return EXACT * (shift + 1) + rounded - EXACT;
    }

    private static int blocks(int size) {
        return size < EXACT ? size : EXACT + (size & EXACT - 1) << (size >> 4) - 1;
    }

    /** Whether a number is that of a rule. */
    public static boolean isRule(int rule) {
        return rule > NONE && rule <= (CHUNKED | SIZE) && (rule & SIZE) != 0 && rule != (CHUNKED | ALL);
    }

    /** The first block, from 0, that is needed to reuse so many leading ones; as many as these when none is. */
    public static int firstNeeded(int rule, int reused) {
        if (rule == ALL) {
            return 0;
        }
        int blocks = blocks(rule & SIZE);
        return (rule & CHUNKED) == 0 ? Math.max(0, reused - blocks) : reused / blocks * blocks;
    }

    /**
     * The rule of an event's group; {@link #NONE} when there is none, or its blocks are not those of the index.
     *
     * @param blockTokens tokens per block of the index
     */
    static int of(StoredBlocks event, int blockTokens) {
        int size = event.blockTokens == 0 ? blockTokens : event.blockTokens;
        return switch (event.groupKind) {
            // A state stands alone, however many blocks it is the end of.
            case STATE -> size % blockTokens == 0 ? last(1) : NONE;
            case FULL -> size == blockTokens ? ALL : NONE;
            case SLIDING_WINDOW ->
                size == blockTokens && event.windowTokens > 0
                        ? last((event.windowTokens + blockTokens - 2) / blockTokens)
                        : NONE;
            case CHUNKED ->
                size == blockTokens && event.windowTokens % blockTokens == 0
                        ? since(event.windowTokens / blockTokens)
                        : NONE;
            case OTHER -> NONE;
        };
    }
}
