package io.llmd.scheduler.prefix;

import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * The block hashes of one request, computed once for each block size that is asked for. Used by one thread.
 *
 * @implNote Hashing is linear in the prompt; endpoints of one pool almost always share one block size
 */
public final class PromptHashes {

    private final String model;
    private final String cacheSalt;
    private final List<Prompt> prompts;
    private final int maxTokens;
    private final int maxBlocks;
    private final List<HashChain> chains = new ArrayList<>(1);

    /**
     * Hashes of a request.
     *
     * @param maxTokens most tokens of a prompt that are hashed; 0 for {@code maxBlocks}
     * @param maxBlocks most blocks of a prompt that are hashed when {@code maxTokens} is 0; 0 for all
     */
    public PromptHashes(InferenceRequest request, int maxTokens, int maxBlocks) {
        model = request.targetModel();
        cacheSalt = request.body().cacheSalt();
        prompts = request.body().prompts();
        this.maxTokens = maxTokens;
        this.maxBlocks = maxBlocks;
    }

    /** Blocks of all prompts, partial last blocks included. */
    public int blocks(int blockTokens) {
        return chain(blockTokens).blocks();
    }

    /** The hashes, one array per prompt, first block first; must not be changed. */
    public long[][] hashes(int blockTokens) {
        return chain(blockTokens).prompts();
    }

    HashChain chain(int blockTokens) {
        for (int i = 0; i < chains.size(); i++) {
            if (chains.get(i).blockTokens() == blockTokens) {
                return chains.get(i);
            }
        }
        HashChain chain = HashChain.of(model, cacheSalt, prompts, blockTokens, limit(blockTokens));
        chains.add(chain);
        return chain;
    }

    private int limit(int blockTokens) {
        if (maxTokens > 0) {
            return maxTokens / blockTokens;
        }
        return maxBlocks > 0 ? maxBlocks : Integer.MAX_VALUE;
    }
}
