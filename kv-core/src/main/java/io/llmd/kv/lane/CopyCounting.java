package io.llmd.kv.lane;

import org.jspecify.annotations.Nullable;

/**
 * How a lane counts copies of blocks. Who goes on from what was counted in another way would believe in blocks that are gone.
 *
 * @param removalMode what one removal means
 * @param offloadChunkBlocks engine blocks that a hash-only event outside the GPU stands for; 1 to {@link #MAX_CHUNK_BLOCKS}
 */
public record CopyCounting(RemovalMode removalMode, int offloadChunkBlocks) {

    /** More blocks than an engine has. */
    public static final int MAX_CHUNK_BLOCKS = 1 << 24;

    /** That of vLLM with nothing special. */
    public static final CopyCounting DEFAULT = new CopyCounting(RemovalMode.PHYSICAL, 1);

    public CopyCounting {
        if (offloadChunkBlocks < 1 || offloadChunkBlocks > MAX_CHUNK_BLOCKS) {
            throw new IllegalArgumentException(
                    "offloadChunkBlocks: " + offloadChunkBlocks + " (expected: 1 to " + MAX_CHUNK_BLOCKS + ")");
        }
    }

    /** Both as one number, never 0: twice the blocks of a chunk, and 1 more where removals are logical. */
    public int toNumber() {
        return 2 * offloadChunkBlocks + (removalMode == RemovalMode.LOGICAL ? 1 : 0);
    }

    /** What {@link #toNumber} gave the number; null when nothing did. */
    public static @Nullable CopyCounting of(int number) {
        int blocks = number >> 1;
        if (blocks < 1 || blocks > MAX_CHUNK_BLOCKS) {
            return null;
        }
        return new CopyCounting((number & 1) == 0 ? RemovalMode.PHYSICAL : RemovalMode.LOGICAL, blocks);
    }
}
