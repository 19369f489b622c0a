package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.EngineRequest;
import java.util.ArrayList;
import java.util.List;

/** Names of the full blocks of a prompt, as the engine's own cache has them. */
public final class PromptBlocks {
    private PromptBlocks() {}

    /** One hash for each full block; to be called on the engine's thread. */
    public static List<Long> of(EngineRequest request, BlockHasher hasher, int blockTokens) {
        int[] prompt = request.prompt();
        BlockHasher.Chain chain = hasher.begin(request);
        List<Long> hashes = new ArrayList<>(prompt.length / blockTokens);
        for (int from = 0; from + blockTokens <= prompt.length; from += blockTokens) {
            hashes.add(chain.next(prompt, from));
        }
        return hashes;
    }
}
