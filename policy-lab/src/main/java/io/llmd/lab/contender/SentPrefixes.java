package io.llmd.lab.contender;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.FastBlockHasher;
import io.llmd.simulator.routing.PromptBlocks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** What was sent to each endpoint: the blocks of prompts, those used longest ago given up first. */
final class SentPrefixes {

    private final PromptBlocks prompts;
    private final int capacity;
    private final List<LinkedHashMap<Long, Boolean>> sent = new ArrayList<>();

    /**
     * @param blockTokens tokens that are compared at once
     * @param capacity most blocks that are remembered of each endpoint
     */
    SentPrefixes(int endpoints, int blockTokens, int capacity) {
        prompts = new PromptBlocks(new FastBlockHasher("sent", blockTokens), blockTokens);
        this.capacity = capacity;
        for (int i = 0; i < endpoints; i++) {
            sent.add(new LinkedHashMap<>(16, 0.75f, true));
        }
    }

    /** The blocks of a prompt, for the other methods. */
    long[] blocks(ClientRequest request) {
        return prompts.of(request);
    }

    /** Leading blocks that were sent to an endpoint before. */
    int matched(int endpoint, long[] blocks) {
        LinkedHashMap<Long, Boolean> there = sent.get(endpoint);
        int matched = 0;
        while (matched < blocks.length && there.containsKey(blocks[matched])) {
            matched++;
        }
        return matched;
    }

    /** A prompt goes to an endpoint. Its end is used before its beginning, so that it is given up first. */
    void send(int endpoint, long[] blocks) {
        LinkedHashMap<Long, Boolean> there = sent.get(endpoint);
        for (int i = blocks.length - 1; i >= 0; i--) {
            there.put(blocks[i], true);
        }
        while (there.size() > capacity) {
            there.pollFirstEntry();
        }
    }
}
