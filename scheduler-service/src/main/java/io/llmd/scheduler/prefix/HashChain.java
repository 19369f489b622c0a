package io.llmd.scheduler.prefix;

import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.openhft.hashing.LongHashFunction;

/**
 * The chained block hashes of one request. Block {@code i} of a prompt has
 * {@code h(i) = xxh64(le(xxh64(tokens of the block)) ‖ le(h(i-1)))} with {@code h(-1) = xxh64(model ‖ cache salt)}; a
 * partial last block is hashed as it is. A block with exact placeholders of media is hashed with what they stand for.
 *
 * @param blockTokens tokens per block
 * @param prompts one array per prompt, first block first
 */
record HashChain(int blockTokens, long[][] prompts) {

    private static final LongHashFunction XXH64 = LongHashFunction.xx();

    /**
     * Hashes prompts.
     *
     * @param maxBlocks most blocks of one prompt that are hashed
     */
    static HashChain of(String model, String cacheSalt, List<Prompt> prompts, int blockTokens, int maxBlocks) {
        long seed = XXH64.hashBytes((model + cacheSalt).getBytes(StandardCharsets.UTF_8));
        long[] pair = new long[2];
        long[][] chains = new long[prompts.size()][];
        for (int i = 0; i < chains.length; i++) {
            chains[i] = chain(prompts.get(i), seed, pair, blockTokens * Prompt.TOKEN_BYTES, maxBlocks);
        }
        return new HashChain(blockTokens, chains);
    }

    private static long[] chain(Prompt prompt, long seed, long[] pair, int blockBytes, int maxBlocks) {
        int blocks = (int) Math.min(maxBlocks, ((long) prompt.length() + blockBytes - 1) / blockBytes);
        long[] hashes = new long[blocks];
        long previous = seed;
        for (int i = 0; i < blocks; i++) {
            int from = i * blockBytes;
            pair[0] = XXH64.hashBytes(prompt.bytes(), from, Math.min(blockBytes, prompt.length() - from));
            if (!prompt.media().isEmpty()) {
                pair[0] = withMedia(
                        pair[0], prompt, i * (blockBytes / Prompt.TOKEN_BYTES), blockBytes / Prompt.TOKEN_BYTES);
            }
            pair[1] = previous;
            previous = XXH64.hashLongs(pair);
            hashes[i] = previous;
        }
        return hashes;
    }

    /** Placeholder tokens are the same for all images, so that a block with some is also what they stand for. */
    private static long withMedia(long hash, Prompt prompt, int from, int count) {
        long mixed = hash;
        for (MediaFeature item : prompt.media()) {
            if (item.overlaps(from, count)) {
                mixed = 31 * mixed + XXH64.hashChars(item.identifier());
            }
        }
        return mixed;
    }

    /** Blocks of all prompts. */
    int blocks() {
        int blocks = 0;
        for (long[] prompt : prompts) {
            blocks += prompt.length;
        }
        return blocks;
    }
}
