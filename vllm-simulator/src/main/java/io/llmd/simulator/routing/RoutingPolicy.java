package io.llmd.simulator.routing;

import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.FastBlockHasher;

/** The policies of llm-d's "KV-cache wins" experiment, by the weights of their scores. */
public enum RoutingPolicy {
    /** Knows the blocks of all endpoints from their events. */
    PRECISE("precise prefix", 3, 2, 2),

    /** Remembers where prompts went. */
    ESTIMATED("estimated prefix", 1, 1, 1),
    RANDOM("random", 0, 0, 0),

    /** Free memory and waiting requests, as scraped. */
    LOAD("load", 0, 1, 1);

    private static final int ESTIMATED_BLOCK_TOKENS = 16; // 64 characters
    private static final int BLOCKS_TO_MATCH = 256;
    private static final int BLOCKS_PER_SERVER = 31_250;

    private final String title;
    private final double prefix;
    private final double memory;
    private final double queue;

    RoutingPolicy(String title, double prefix, double memory, double queue) {
        this.title = title;
        this.prefix = prefix;
        this.memory = memory;
        this.queue = queue;
    }

    /** Name for tables and plots. */
    public String title() {
        return title;
    }

    /**
     * A router for one simulation.
     *
     * @param endpoints in [1, 64]
     * @param hasher that of the engines
     * @param blockTokens tokens in one block of the engines
     * @param seed decides between endpoints of equal score
     */
    public Router router(int endpoints, BlockHasher hasher, int blockTokens, long seed) {
        if (endpoints < 1 || endpoints > Long.SIZE) {
            throw new IllegalArgumentException("endpoints: " + endpoints + " (expected: 1 to " + Long.SIZE + ")");
        }
        PrefixKnowledge knowledge = switch (this) {
            case PRECISE -> new ReportedPrefixes(new PromptBlocks(hasher, blockTokens), endpoints);
            case ESTIMATED -> new RoutedPrefixes(charactersOfPrompts(), endpoints, BLOCKS_TO_MATCH, BLOCKS_PER_SERVER);
            case RANDOM, LOAD -> new NoPrefixes();
        };
        return new WeightedRouter(knowledge, prefix, memory, queue, seed);
    }

    private static PromptBlocks charactersOfPrompts() {
        return new PromptBlocks(new FastBlockHasher("characters", ESTIMATED_BLOCK_TOKENS), ESTIMATED_BLOCK_TOKENS);
    }
}
