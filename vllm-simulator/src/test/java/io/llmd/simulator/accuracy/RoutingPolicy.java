package io.llmd.simulator.accuracy;

import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.engine.BlockHasher;

/** The policies of the published experiment, by their weights. */
enum RoutingPolicy {
    PRECISE("precise prefix", 3, 2, 2),
    ESTIMATED("estimated prefix", 1, 1, 1),
    RANDOM("random", 0, 0, 0),
    LOAD("load", 0, 1, 1);

    private static final int BLOCK_TOKENS = 16;
    private static final int BLOCKS_TO_MATCH = 256;
    private static final int BLOCKS_PER_SERVER = 31_250;

    final String title;
    private final double prefix;
    private final double memory;
    private final double queue;

    RoutingPolicy(String title, double prefix, double memory, double queue) {
        this.title = title;
        this.prefix = prefix;
        this.memory = memory;
        this.queue = queue;
    }

    Router router(int endpoints, BlockHasher hasher, long seed) {
        PromptBlocks blocks = new PromptBlocks(hasher, BLOCK_TOKENS);
        PrefixKnowledge knowledge = switch (this) {
            case PRECISE -> new ReportedPrefixes(blocks, endpoints);
            case ESTIMATED -> new RoutedPrefixes(blocks, endpoints, BLOCKS_TO_MATCH, BLOCKS_PER_SERVER);
            case RANDOM, LOAD -> new NoPrefixes();
        };
        return new WeightedRouter(knowledge, prefix, memory, queue, seed);
    }
}
