package io.llmd.lab.contender;

import io.llmd.lab.traffic.Session;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.CounterRandom;

/** Keys by which requests are kept together. */
final class PromptKeys {

    private static final int SYSTEM_TOKENS = 512;

    private PromptKeys() {}

    /** That of the first tokens. */
    static long ofPrefix(ClientRequest request, int tokens) {
        return hash(request.prompt(), 0, tokens);
    }

    /**
     * That of the conversation where the traffic says so; else of the second 512 tokens, since in recorded traffic the first
     * ones are the same for everybody.
     */
    static long ofSession(ClientRequest request) {
        if (request.attachment() instanceof Session session) {
            return CounterRandom.bits(session.id(), 0, 0);
        }
        int length = request.prompt().length;
        int from = length > SYSTEM_TOKENS ? SYSTEM_TOKENS : 0;
        return hash(request.prompt(), from, SYSTEM_TOKENS);
    }

    private static long hash(int[] tokens, int from, int count) {
        long hash = 0;
        for (int i = from; i < Math.min(tokens.length, from + count); i++) {
            hash = (hash ^ tokens[i]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return CounterRandom.bits(hash, 0, 1);
    }
}
