package io.llmd.kv.event;

import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeys;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of what one engine holds in its KV cache. */
public sealed interface KvEvent {

    /** Medium of blocks in an accelerator's memory. */
    String GPU = "GPU";

    /**
     * Consecutive blocks of one request became available.
     *
     * @param hashes the blocks, in prompt order
     * @param parent the block before the first one; null when the first one begins the prompt
     * @param tokens tokens of all blocks; {@code hashes.size() * blockTokens} of them for full attention
     * @param blockTokens tokens per block
     * @param adapter null without one
     * @param medium tier of the copy; null when the producer does not say
     * @param extraKeys one entry per block, or empty when the producer does not say
     * @param group null when the producer does not say
     */
    record BlockStored(
            BlockHashes hashes,
            @Nullable BlockHash parent,
            TokenIds tokens,
            int blockTokens,
            @Nullable LoraAdapter adapter,
            @Nullable String medium,
            List<ExtraKeys> extraKeys,
            @Nullable CacheGroup group,
            CopyOrigin origin)
            implements KvEvent {

        public BlockStored {
            extraKeys = List.copyOf(extraKeys);
            if (blockTokens < 0) {
                throw new IllegalArgumentException("blockTokens: " + blockTokens + " (expected: >= 0)");
            }
            if (!extraKeys.isEmpty() && extraKeys.size() != hashes.size()) {
                throw new IllegalArgumentException(
                        "extraKeys: " + extraKeys.size() + " entries (expected: 0 or " + hashes.size() + ")");
            }
        }

        /** Blocks of the base model in an accelerator's memory, nothing else said. */
        public static BlockStored of(BlockHashes hashes, @Nullable BlockHash parent, TokenIds tokens, int blockTokens) {
            return new BlockStored(
                    hashes, parent, tokens, blockTokens, null, GPU, List.of(), null, CopyOrigin.UNSPECIFIED);
        }

        public BlockStored withAdapter(@Nullable LoraAdapter value) {
            return new BlockStored(hashes, parent, tokens, blockTokens, value, medium, extraKeys, group, origin);
        }

        public BlockStored withMedium(@Nullable String value) {
            return new BlockStored(hashes, parent, tokens, blockTokens, adapter, value, extraKeys, group, origin);
        }

        public BlockStored withExtraKeys(List<ExtraKeys> value) {
            return new BlockStored(hashes, parent, tokens, blockTokens, adapter, medium, value, group, origin);
        }

        public BlockStored withGroup(@Nullable CacheGroup value) {
            return new BlockStored(hashes, parent, tokens, blockTokens, adapter, medium, extraKeys, value, origin);
        }

        public BlockStored withOrigin(CopyOrigin value) {
            return new BlockStored(hashes, parent, tokens, blockTokens, adapter, medium, extraKeys, group, value);
        }
    }

    /**
     * One copy of each block is gone.
     *
     * @param medium tier of the copies; null when the producer does not say
     * @param groupIndex KV-cache group; null when the producer does not say
     */
    record BlockRemoved(
            BlockHashes hashes,
            @Nullable String medium,
            @Nullable Integer groupIndex,
            CopyOrigin origin) implements KvEvent {

        /** Blocks in an accelerator's memory, nothing else said. */
        public static BlockRemoved of(BlockHashes hashes) {
            return new BlockRemoved(hashes, GPU, null, CopyOrigin.UNSPECIFIED);
        }

        public BlockRemoved withMedium(@Nullable String value) {
            return new BlockRemoved(hashes, value, groupIndex, origin);
        }

        public BlockRemoved withGroupIndex(@Nullable Integer value) {
            return new BlockRemoved(hashes, medium, value, origin);
        }

        public BlockRemoved withOrigin(CopyOrigin value) {
            return new BlockRemoved(hashes, medium, groupIndex, value);
        }
    }

    /** The engine's own cache is empty. */
    record AllBlocksCleared() implements KvEvent {}
}
