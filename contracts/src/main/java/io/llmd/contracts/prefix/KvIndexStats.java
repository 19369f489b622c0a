package io.llmd.contracts.prefix;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Answer of {@code GET /v1/stats}.
 *
 * @param ready whether the index has caught up
 * @param lanes data-parallel ranks that are followed
 * @param blocks distinct blocks
 * @param memberships blocks that lanes hold, added up over lanes and tiers
 * @param evictedBlocks blocks forgotten because the memory was used up
 * @param sizeBytes memory in use for blocks
 * @param maxBytes memory that may be used
 * @param blockTokens tokens per block
 * @param keyMode how keys are computed: {@code xxh64}, {@code cbor-fnv} or {@code fold64}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record KvIndexStats(
        boolean ready,
        int lanes,
        long blocks,
        long memberships,
        long evictedBlocks,
        long sizeBytes,
        long maxBytes,
        int blockTokens,
        String keyMode) {}
