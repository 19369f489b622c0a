package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.RememberingBlockHasher;

/** Hashes of the full blocks of prompts; those of prompts that come again are remembered. Not thread-safe. */
public final class PromptBlocks {
    private final BlockHasher hasher;
    private final int blockTokens;

    /**
     * @param hasher that of the engines
     * @param blockTokens tokens in one block of the engines
     */
    public PromptBlocks(BlockHasher hasher, int blockTokens) {
        this.hasher = new RememberingBlockHasher(hasher, blockTokens);
        this.blockTokens = blockTokens;
    }

    /** One hash for each full block of the prompt, first block first. */
    public long[] of(ClientRequest request) {
        int[] prompt = request.prompt();
        BlockHasher.Chain chain =
                hasher.begin(EngineRequest.text(request.id(), prompt, request.outputLength(), request.output()));
        long[] hashes = new long[prompt.length / blockTokens];
        for (int i = chain.takeKnown(hashes, 0); i < hashes.length; i++) {
            hashes[i] = chain.next(prompt, i * blockTokens);
        }
        return hashes;
    }
}
