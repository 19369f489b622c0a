package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Leading blocks by the fastest tier that holds them.
 *
 * @param gpu in an accelerator's memory
 * @param cpu in the host's memory
 * @param disk on a disk of the host
 * @param storage in storage that endpoints may share
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TierBlocks(int gpu, int cpu, int disk, int storage) {

    public TierBlocks {
        if (gpu < 0 || cpu < 0 || disk < 0 || storage < 0) {
            throw new IllegalArgumentException(
                    "blocks: " + gpu + ", " + cpu + ", " + disk + ", " + storage + " (expected: >= 0)");
        }
    }
}
