package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Measures how long some blocks, drawn when they are allocated, stay in the pool. Not thread-safe. */
final class BlockResidency {
    private static final int MOST_USES = 4;

    private final double sample;
    private final long seed;
    private final Map<Integer, Stay> stays = new HashMap<>();
    private final List<EvictedBlock> evicted = new ArrayList<>();
    private long allocations;
    private long now;

    /** @param sample share of the blocks that are measured, in [0, 1] */
    BlockResidency(double sample, long seed) {
        this.sample = sample;
        this.seed = seed;
    }

    /** The time of what follows. */
    void at(long time) {
        now = time;
    }

    void allocated(int block) {
        allocations++;
        if (sample > 0 && CounterRandom.unit(seed, block, allocations) <= sample) {
            stays.put(block, new Stay(now));
        }
    }

    void used(int block) {
        Stay stay = stays.isEmpty() ? null : stays.get(block);
        if (stay != null) {
            stay.use(now);
        }
    }

    void evicted(int block) {
        Stay stay = stays.isEmpty() ? null : stays.remove(block);
        if (stay != null) {
            evicted.add(new EvictedBlock(now - stay.start, now - stay.lastUse, stay.gaps()));
        }
    }

    void clear() {
        stays.clear();
    }

    /** Tells and forgets the blocks that were evicted. */
    void tell(EngineSink sink) {
        if (!evicted.isEmpty()) {
            evicted.forEach(sink::evicted);
            evicted.clear();
        }
    }

    private static final class Stay {
        private final long start;
        private final long[] uses = new long[MOST_USES];
        private int count;
        private long lastUse;

        Stay(long start) {
            this.start = start;
            lastUse = start;
        }

        void use(long now) {
            if (count == MOST_USES) {
                System.arraycopy(uses, 1, uses, 0, MOST_USES - 1);
                count--;
            }
            uses[count++] = now;
            lastUse = now;
        }

        long[] gaps() {
            long[] gaps = new long[Math.max(0, count - 1)];
            Arrays.setAll(gaps, i -> uses[i + 1] - uses[i]);
            return gaps;
        }
    }
}
