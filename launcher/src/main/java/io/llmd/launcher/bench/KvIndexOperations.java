package io.llmd.launcher.bench;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotChunks;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.lane.CopyCounting;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What an index does now and then: an endpoint leaves, a replica begins from snapshots. One thread. */
final class KvIndexOperations {

    private static final int LANES = 48;
    private static final int CHAIN = 128;
    private static final int LANE_BLOCKS = 62_500;
    private static final int WARM_UP_LANES = 8;
    private static final int WARM_UP_ROUNDS = 5_000;

    private KvIndexOperations() {}

    /**
     * An endpoint leaves; medians of several.
     *
     * @param maskedNanos until no look-up returns it
     * @param sweptMillis CPU time until its memory is free
     */
    record Removal(double maskedNanos, double sweptMillis) {}

    /** @param blocks distinct blocks in the index, each on one of 48 endpoints */
    static Removal removal(int blocks) {
        BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
        IndexLane[] lanes = new IndexLane[LANES];
        SplittableRandom random = new SplittableRandom(5);
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = index.addLane("endpoint-" + lane, 0);
        }
        long[] keys = new long[CHAIN];
        for (int stored = 0; stored < blocks; stored += CHAIN) {
            for (int i = 0; i < CHAIN; i++) {
                keys[i] = random.nextLong();
            }
            lanes[stored / CHAIN % LANES].stored(StorageTier.GPU, 0, 0, keys, keys, 0, CHAIN);
        }
        BlockIndex other = new BlockIndex(new IndexSettings(1L << 30));
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            IndexLane lane = other.addLane("passing", 0);
            lane.stored(StorageTier.GPU, 0, 0, keys, keys, 0, CHAIN);
            other.removeLane(lane);
            while (other.sweep()) {}
        }
        List<Double> masked = new ArrayList<>();
        List<Double> swept = new ArrayList<>();
        for (int lane = 0; lane < LANES / 2; lane++) {
            long begin = System.nanoTime();
            index.removeLane(lanes[lane]);
            masked.add((double) (System.nanoTime() - begin));
            long cpu = cpuNanos();
            while (index.sweep()) {}
            swept.add((cpuNanos() - cpu) / 1e6);
        }
        return new Removal(Figure.of(masked).median(), Figure.of(swept).median());
    }

    /**
     * A replica begins.
     *
     * @param blocks that it knows then, on as many endpoints as hold 62,500 each
     * @param cpuSeconds from the chunks of snapshots, which are in memory, to look-ups
     */
    record Bootstrap(long blocks, double cpuSeconds) {}

    static Bootstrap bootstrap(int blocks) {
        BlockIndex index = new BlockIndex(new IndexSettings(16L << 30));
        int lanes = Math.max(1, blocks / LANE_BLOCKS);
        SplittableRandom random = new SplittableRandom(6);
        load(new BlockIndex(new IndexSettings(1L << 30)), WARM_UP_LANES, random);
        long nanos = load(index, lanes, random);
        if (index.memberships() != (long) lanes * LANE_BLOCKS) {
            throw new BenchFailure(
                    "blocks: " + index.memberships() + " (expected: " + (long) lanes * LANE_BLOCKS + ")");
        }
        return new Bootstrap(index.memberships(), nanos / 1e9);
    }

    private static long load(BlockIndex index, int lanes, SplittableRandom random) {
        long nanos = 0;
        for (int lane = 0; lane < lanes; lane++) {
            List<byte[]> chunks = snapshot(lane, random);
            long cpu = cpuNanos();
            LaneSnapshots snapshots = new LaneSnapshots();
            for (int i = 0; i < chunks.size(); i++) {
                if (snapshots.chunk(0, i, chunks.get(i)) != null) {
                    throw new BenchFailure("a chunk of a snapshot is refused");
                }
            }
            var whole = snapshots.newestComplete();
            if (whole == null) {
                throw new BenchFailure("a snapshot is not whole");
            }
            whole.replaceIn(index.addLane("endpoint-" + lane, 0));
            nanos += cpuNanos() - cpu;
        }
        return nanos;
    }

    private static List<byte[]> snapshot(int lane, SplittableRandom random) {
        SnapshotChunks chunks = new SnapshotChunks();
        long[] keys = new long[CHAIN];
        for (int stored = 0; stored < LANE_BLOCKS; stored += CHAIN) {
            int count = Math.min(CHAIN, LANE_BLOCKS - stored);
            for (int i = 0; i < count; i++) {
                keys[i] = random.nextLong();
            }
            chunks.run(StorageTier.GPU, 0, 0, keys, keys, 0, count);
        }
        return chunks.seal(
                new SnapshotCut(lane, 1, 0, SnapshotCut.id(1, 0), 0, 0, 0, 1, 1, false, CopyCounting.DEFAULT));
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
