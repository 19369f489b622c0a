package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * Answer of {@code POST /v1/prefix-matches}.
 *
 * @param blockTokens tokens per block
 * @param blocks full blocks of the prompt
 * @param endpoints those that hold at least the first block, best score first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PrefixMatches(int blockTokens, int blocks, List<EndpointMatch> endpoints) {

    public PrefixMatches {
        endpoints = List.copyOf(endpoints);
        if (blockTokens < 1 || blocks < 0) {
            throw new IllegalArgumentException(
                    "blockTokens, blocks: " + blockTokens + ", " + blocks + " (expected: >= 1, >= 0)");
        }
    }
}
