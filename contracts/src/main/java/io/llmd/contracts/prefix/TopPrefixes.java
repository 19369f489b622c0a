package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * Answer of {@code GET /v1/top-prefixes}.
 *
 * @param blockTokens tokens per block
 * @param prefixes those that spare the most blocks first
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TopPrefixes(int blockTokens, List<TopPrefix> prefixes) {

    public TopPrefixes {
        prefixes = List.copyOf(prefixes);
        if (blockTokens < 1) {
            throw new IllegalArgumentException("blockTokens: " + blockTokens + " (expected: >= 1)");
        }
    }
}
