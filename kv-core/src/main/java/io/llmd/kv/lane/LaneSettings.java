package io.llmd.kv.lane;

import io.llmd.kv.key.KeyHasher;

/**
 * What is known of a lane before its first event.
 *
 * @param hasher computes request keys; the same for all lanes of a pool and for the request side
 * @param model name of the base model, as requests are hashed with it
 * @param blockTokens tokens per block of the index; where the engine's blocks are larger or smaller, one size must divide the
 *     other
 * @param removalMode what one removal means
 * @param offloadChunkBlocks engine blocks that a hash-only event outside the GPU stands for; it names the last one
 * @param isRemoteTaken whether copies that live elsewhere count
 * @param isStorageShared whether blocks in {@code STORAGE} outlive the engine
 */
public record LaneSettings(
        KeyHasher hasher,
        String model,
        int blockTokens,
        RemovalMode removalMode,
        int offloadChunkBlocks,
        boolean isRemoteTaken,
        boolean isStorageShared) {

    public LaneSettings {
        requirePositive("blockTokens", blockTokens);
        requirePositive("offloadChunkBlocks", offloadChunkBlocks);
    }

    /** A lane of vLLM with nothing special. */
    public static LaneSettings of(KeyHasher hasher, String model, int blockTokens) {
        return new LaneSettings(hasher, model, blockTokens, RemovalMode.PHYSICAL, 1, false, false);
    }

    /** How copies of blocks are counted. */
    public CopyCounting counting() {
        return new CopyCounting(removalMode, offloadChunkBlocks);
    }

    public LaneSettings withCounting(CopyCounting value) {
        return withRemovalMode(value.removalMode()).withOffloadChunkBlocks(value.offloadChunkBlocks());
    }

    public LaneSettings withRemovalMode(RemovalMode value) {
        return new LaneSettings(hasher, model, blockTokens, value, offloadChunkBlocks, isRemoteTaken, isStorageShared);
    }

    public LaneSettings withOffloadChunkBlocks(int value) {
        return new LaneSettings(hasher, model, blockTokens, removalMode, value, isRemoteTaken, isStorageShared);
    }

    public LaneSettings withStorageShared(boolean value) {
        return new LaneSettings(hasher, model, blockTokens, removalMode, offloadChunkBlocks, isRemoteTaken, value);
    }

    private static void requirePositive(String name, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
