package io.llmd.gateway.console;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often which value was seen, in steps of at most 1/64 of the value, so that distributions of several gateways add up.
 *
 * @param counts number of values by the lower end of their step, microseconds
 */
record Distribution(SortedMap<Long, Long> counts) {

    private static final int BITS = 6;

    /** Nothing was seen. */
    static final Distribution EMPTY = new Distribution(new TreeMap<>());

    Distribution {
        counts = new TreeMap<>(counts);
    }

    /** Collects values; for one thread. */
    static final class Builder {

        private final SortedMap<Long, Long> counts = new TreeMap<>();

        void add(long value) {
            counts.merge(step(value), 1L, Long::sum);
        }

        void addAll(Distribution other) {
            other.counts().forEach((value, count) -> counts.merge(value, count, Long::sum));
        }

        Distribution build() {
            return new Distribution(counts);
        }
    }

    private static long step(long value) {
        long unit = Math.max(1, Long.highestOneBit(Math.max(1, value)) >> BITS);
        return value / unit * unit;
    }

    /** Values seen. */
    long size() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * The smallest value that this share of all does not exceed.
     *
     * @param share in (0, 1]
     * @return -1 when nothing was seen
     */
    long quantile(double share) {
        long rank = (long) Math.ceil(share * size());
        long below = 0;
        for (Map.Entry<Long, Long> each : counts.entrySet()) {
            below += each.getValue();
            if (below >= rank) {
                return each.getKey();
            }
        }
        return -1;
    }
}
