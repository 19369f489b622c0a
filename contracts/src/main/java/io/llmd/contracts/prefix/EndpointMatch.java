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
        boolean complete) {

    public EndpointMatch {
        if (rank < 0 || blocks < 0 || tokens < 0 || hostBlocks < 0) {
            throw new IllegalArgumentException("rank, blocks, tokens, hostBlocks: " + rank + ", " + blocks + ", "
                    + tokens + ", " + hostBlocks + " (expected: >= 0)");
        }
    }
}
