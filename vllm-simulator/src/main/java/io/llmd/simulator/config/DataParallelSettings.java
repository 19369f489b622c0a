package io.llmd.simulator.config;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Data-parallel ranks: engines that serve the same model side by side.
 *
 * @param size ranks in all
 * @param balance who spreads requests over them
 * @param rank the one of this endpoint, where each has its own
 */
public record DataParallelSettings(int size, Balance balance, int rank) {
    /** One engine. */
    public static final DataParallelSettings NONE = new DataParallelSettings(1, Balance.INTERNAL, 0);

    public DataParallelSettings {
        if (size < 1) {
            throw new IllegalArgumentException("data-parallel-size: " + size + " (expected: >= 1)");
        }
        if (rank < 0 || rank >= size) {
            throw new IllegalArgumentException(
                    "data-parallel-rank: " + rank + " (expected: 0 to " + (size - 1) + ", below data-parallel-size)");
        }
    }

    /** Who spreads requests over the ranks. */
    public enum Balance {
        /** The endpoint has all ranks behind one port. */
        INTERNAL,
        /** Each rank is an endpoint of its own. */
        EXTERNAL
    }

    /** The ranks that the endpoint has. */
    public List<Integer> ranks() {
        return balance == Balance.EXTERNAL
                ? List.of(rank)
                : IntStream.range(0, size).boxed().toList();
    }

    DataParallelSettings withRank(int other) {
        return new DataParallelSettings(size, balance, other);
    }
}
