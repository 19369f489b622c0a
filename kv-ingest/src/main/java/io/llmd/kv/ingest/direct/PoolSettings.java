package io.llmd.kv.ingest.direct;

import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.ingest.zmq.ZmtpSettings;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.RemovalMode;

/**
 * What the lanes of a pool have in common.
 *
 * @param keyMode how request keys are computed
 * @param seed part of every key
 * @param model base model's name as requests have it; empty when it is not known, see {@link DirectIndex#root}
 * @param blockTokens tokens per block of the index
 * @param removalMode what one removal means
 * @param offloadChunkBlocks engine blocks that a hash-only event outside the GPU stands for
 */
public record PoolSettings(
        KeyMode keyMode,
        String seed,
        String model,
        int blockTokens,
        RemovalMode removalMode,
        int offloadChunkBlocks,
        IndexSettings index,
        ZmtpSettings zmq) {

    /** vLLM's usual blocks, llm-d's faster keys. */
    public static final PoolSettings DEFAULT = new PoolSettings(
            KeyMode.XXH64, "", "", 16, RemovalMode.PHYSICAL, 1, IndexSettings.DEFAULT, ZmtpSettings.DEFAULT);

    public PoolSettings withModel(String value) {
        return new PoolSettings(keyMode, seed, value, blockTokens, removalMode, offloadChunkBlocks, index, zmq);
    }

    public PoolSettings withKeys(KeyMode mode, String keySeed) {
        return new PoolSettings(mode, keySeed, model, blockTokens, removalMode, offloadChunkBlocks, index, zmq);
    }

    public PoolSettings withBlockTokens(int value) {
        return new PoolSettings(keyMode, seed, model, value, removalMode, offloadChunkBlocks, index, zmq);
    }

    public PoolSettings withRemovalMode(RemovalMode value) {
        return new PoolSettings(keyMode, seed, model, blockTokens, value, offloadChunkBlocks, index, zmq);
    }

    public PoolSettings withIndex(IndexSettings value) {
        return new PoolSettings(keyMode, seed, model, blockTokens, removalMode, offloadChunkBlocks, value, zmq);
    }

    public PoolSettings withZmq(ZmtpSettings value) {
        return new PoolSettings(keyMode, seed, model, blockTokens, removalMode, offloadChunkBlocks, index, value);
    }
}
