package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.RememberingBlockHasher;

/** Hashes of the full blocks of prompts; those of prompts that come again are remembered. */
final class PromptBlocks {
    private final BlockHasher hasher;
    private final int blockTokens;

    PromptBlocks(BlockHasher hasher, int blockTokens) {
        this.hasher = new RememberingBlockHasher(hasher, blockTokens);
        this.blockTokens = blockTokens;
    }

    long[] of(ClientRequest request) {
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
