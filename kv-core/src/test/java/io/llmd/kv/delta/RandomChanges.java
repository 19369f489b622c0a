package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.util.SplittableRandom;

/** Tells random changes of a lane, in batches, to one or several takers at once. */
final class RandomChanges {

    private final SplittableRandom random;
    private long sequence;

    RandomChanges(long seed) {
        random = new SplittableRandom(seed);
    }

    void batch(LaneDeltas... takers) {
        int operations = random.nextInt(4);
        for (int i = 0; i < operations; i++) {
            operation(takers);
        }
        int lost = random.nextInt(20) == 0 ? 3 : 0;
        long first = sequence + lost;
        sequence = first + 1;
        for (LaneDeltas each : takers) {
            each.applied(first, first);
        }
    }

    private void operation(LaneDeltas... takers) {
        int kind = random.nextInt(100);
        StorageTier tier = StorageTier.of(random.nextInt(StorageTier.COUNT));
        int group = random.nextInt(3) == 0 ? random.nextInt(256) : 0;
        if (kind < 55) {
            int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 400 : 12);
            long[] keys = keys(count + 2);
            long[] hashes = keys(count + 2);
            long parent = random.nextBoolean() ? 0 : random.nextLong(1, 200);
            for (LaneDeltas each : takers) {
                each.stored(tier, group, parent, keys, hashes, 1, count);
            }
        } else if (kind < 92) {
            int count = 1 + random.nextInt(60);
            long[] keys = keys(count + 1);
            for (LaneDeltas each : takers) {
                each.removed(tier, group, keys, 1, count);
            }
        } else if (kind < 95) {
            int mask = 1 + random.nextInt(StorageTier.ALL);
            for (LaneDeltas each : takers) {
                each.cleared(mask);
            }
        } else if (kind < 97) {
            int epoch = random.nextInt();
            sequence = 0;
            for (LaneDeltas each : takers) {
                each.epoch(epoch);
            }
        } else {
            boolean complete = random.nextBoolean();
            for (LaneDeltas each : takers) {
                each.coverage(complete);
            }
        }
    }

    private long[] keys(int count) {
        return random.longs(count, 1, 600).toArray();
    }
}
