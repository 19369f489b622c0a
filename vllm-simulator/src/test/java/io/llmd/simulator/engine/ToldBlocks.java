package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

/** What a reader of an engine's events takes for cached: how many blocks have each hash. */
final class ToldBlocks {
    private final Map<Long, Integer> copies = new HashMap<>();

    void apply(EngineEvent event) {
        switch (event) {
            case EngineEvent.BlocksStored stored -> {
                for (long hash : stored.hashes()) {
                    copies.merge(hash, 1, Integer::sum);
                }
            }
            case EngineEvent.BlocksRemoved removed -> {
                for (long hash : removed.hashes()) {
                    assertThat(copies).as("removed blocks were stored").containsKey(hash);
                    copies.computeIfPresent(hash, (_, count) -> count == 1 ? null : count - 1);
                }
            }
            case EngineEvent.BlocksCleared _ -> copies.clear();
            default -> {
                // not about blocks
            }
        }
    }

    /** Requires that the events told of exactly these blocks, one hash for each. */
    void requireEqual(long[] hashes) {
        Map<Long, Integer> expected = new HashMap<>();
        for (long hash : hashes) {
            expected.merge(hash, 1, Integer::sum);
        }
        assertThat(copies).as("blocks that events told of").isEqualTo(expected);
    }

    int distinct() {
        return copies.size();
    }
}
