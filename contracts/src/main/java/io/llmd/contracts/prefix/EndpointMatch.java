package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * What one data-parallel rank of an endpoint holds of a prompt.
 *
 * @param endpoint id of the endpoint
 * @param rank data-parallel rank
 * @param blocks leading blocks that it holds, at least 1
 * @param tokens tokens of these blocks
 * @param tiers these blocks by tier
 * @param hostBlocks leading blocks in the host's memory without a gap, wherever else they are: those that others can pull
 * @param score blocks weighted by tier and by {@code trust}
 * @param trust 1 when the index hears of the endpoint's changes in time, less when it has not for a while
 * @param complete whether all that the endpoint holds is known; it may hold more when not
 * @param reusableBlocks leading blocks that the engine can reuse: fewer than {@code blocks} where it has KV-cache groups besides
 *     the main one, such as sliding windows, that hold too little; all of them in answers that do not say
 * @param reuse {@code full} when these are all blocks, {@code miss} when none, {@code partial} otherwise
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record EndpointMatch(
        String endpoint,
        int rank,
        int blocks,
        int tokens,
        TierBlocks tiers,
        int hostBlocks,
        double score,
        double trust,
        boolean complete,
        Integer reusableBlocks,
        String reuse) {

    public EndpointMatch {
        // An answer of an index that does not know of it has neither.
        if (reusableBlocks == null) {
            reusableBlocks = blocks;
        }
        if (reuse == null) {
            reuse = reuse(blocks, reusableBlocks);
        }
        if (reusableBlocks < 0 || reusableBlocks > blocks) {
            throw new IllegalArgumentException(
                    "reusableBlocks: " + reusableBlocks + " (expected: 0 to " + blocks + ")");
        }
        if (rank < 0 || blocks < 0 || tokens < 0 || hostBlocks < 0) {
            throw new IllegalArgumentException("rank, blocks, tokens, hostBlocks: " + rank + ", " + blocks + ", "
                    + tokens + ", " + hostBlocks + " (expected: >= 0)");
        }
    }

    /** How much of what is held can be reused, as {@link #reuse} says it. */
    public static String reuse(int blocks, int reusableBlocks) {
        return reusableBlocks == blocks ? "full" : reusableBlocks == 0 ? "miss" : "partial";
    }
}
