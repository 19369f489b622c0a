package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A beginning that many prompts share.
 *
 * @param key request key of its last block, 16 hexadecimal digits
 * @param blocks how long it is: a power of two
 * @param tokens the same in tokens
 * @param queries look-ups of prompts that begin so; older ones count less
 * @param overstatedBy how many fewer these may have been
 * @param holders endpoints that hold its last block now, in order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TopPrefix(String key, int blocks, int tokens, long queries, long overstatedBy, List<String> holders) {

    public TopPrefix {
        holders = List.copyOf(holders);
        if (blocks < 1 || tokens < 1 || queries < 0 || overstatedBy < 0) {
            throw new IllegalArgumentException("blocks, tokens, queries, overstatedBy: " + blocks + ", " + tokens + ", "
                    + queries + ", " + overstatedBy + " (expected: >= 1, >= 1, >= 0, >= 0)");
        }
    }
}
