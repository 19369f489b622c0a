package io.llmd.simulator.accuracy;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineRequest;
import java.util.IdentityHashMap;
import java.util.Map;

/** Hashes of the full blocks of prompts, kept for prompts that come again. */
final class PromptBlocks {
    private final BlockHasher hasher;
    private final int blockTokens;
    private final Map<int[], long[]> known = new IdentityHashMap<>();

    PromptBlocks(BlockHasher hasher, int blockTokens) {
        this.hasher = hasher;
        this.blockTokens = blockTokens;
    }

    long[] of(ClientRequest request) {
        return known.computeIfAbsent(request.prompt(), prompt -> hashes(request));
    }

    private long[] hashes(ClientRequest request) {
        int[] prompt = request.prompt();
        BlockHasher.Chain chain =
                hasher.begin(EngineRequest.text(request.id(), prompt, request.outputLength(), request.output()));
        long[] hashes = new long[prompt.length / blockTokens];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = chain.next(prompt, i * blockTokens);
        }
        return hashes;
    }
}
