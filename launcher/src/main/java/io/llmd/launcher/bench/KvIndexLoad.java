package io.llmd.launcher.bench;

import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneState;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/** What an index does at fixed sizes: look-ups beside a writer at full speed, bytes per block, events as engines send them. */
final class KvIndexLoad {

    private static final int BLOCK = 16;
    private static final int CHAIN = 128;
    private static final int LANES = 48;

    private KvIndexLoad() {}

    /**
     * Look-ups while a writer stores and removes whole prompts as fast as it can.
     *
     * @param writes block operations of the writer each second
     */
    record Lookups(double p50Nanos, double p99Nanos, double writes) {}

    /** @param liveBlocks blocks in the index. @param depth blocks of a prompt, all of them present */
    static Lookups lookups(int liveBlocks, int depth, long durationNanos) throws InterruptedException {
        BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
        IndexLane[] lanes = new IndexLane[LANES];
        for (int i = 0; i < LANES; i++) {
            lanes[i] = index.addLane("endpoint-" + i, 0);
        }
        int chains = liveBlocks / CHAIN;
        long[][] keys = new long[chains][];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < chains; i++) {
            keys[i] = random.longs(CHAIN).toArray();
            store(lanes[i % LANES], keys[i]);
        }
        // One half is asked for and stays, the writer replaces the other one.
        AtomicBoolean isRunning = new AtomicBoolean(true);
        AtomicLong written = new AtomicLong();
        Thread writer = Thread.ofPlatform().name("bench-writer").start(() -> {
            SplittableRandom dice = new SplittableRandom(9);
            while (isRunning.get()) {
                int which = chains / 2 + dice.nextInt(chains - chains / 2);
                lanes[which % LANES].removed(StorageTier.GPU, 0, keys[which], 0, CHAIN);
                store(lanes[which % LANES], keys[which]);
                written.addAndGet(2L * CHAIN);
            }
        });
        PrefixLookup lookup = new PrefixLookup();
        Histogram nanos = new Histogram(3);
        SplittableRandom dice = new SplittableRandom(3);
        long start = System.nanoTime();
        long warm = start + durationNanos / 3;
        long writtenBefore = 0;
        long now = start;
        long measuredFrom = start;
        while (now - start < durationNanos) {
            long[] prompt = keys[dice.nextInt(chains / 2)];
            long from = System.nanoTime();
            index.match(prompt, depth, lookup);
            now = System.nanoTime();
            if (lookup.size() != 1 || lookup.blocks(lookup.first()) != depth) {
                throw new BenchFailure("a look-up of " + depth + " present blocks was not answered with them");
            }
            if (now > warm) {
                if (nanos.getTotalCount() == 0) {
                    writtenBefore = written.get();
                    measuredFrom = now;
                }
                nanos.recordValue(now - from);
            }
        }
        double rate = (written.get() - writtenBefore) / ((now - measuredFrom) / 1e9);
        isRunning.set(false);
        writer.join();
        return new Lookups(nanos.getValueAtPercentile(50), nanos.getValueAtPercentile(99), rate);
    }

    private static void store(IndexLane lane, long[] keys) {
        lane.stored(StorageTier.GPU, 0, 0, keys, keys, 0, keys.length);
    }

    /** Nanoseconds of a look-up whose first block nobody has, in an index of that many blocks. */
    static double earlyExit(int liveBlocks) {
        BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
        IndexLane lane = index.addLane("endpoint", 0);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < liveBlocks / CHAIN; i++) {
            store(lane, random.longs(CHAIN).toArray());
        }
        long[] unknown = random.longs(1 << 20).toArray();
        PrefixLookup lookup = new PrefixLookup();
        long[] prompt = new long[4];
        long nanos = 0;
        for (int round = 0; round < 3; round++) {
            long from = System.nanoTime();
            for (long key : unknown) {
                prompt[0] = key;
                index.match(prompt, 4, lookup);
            }
            nanos = System.nanoTime() - from;
        }
        return nanos / (double) unknown.length;
    }

    /** Bytes per block of an index, and of an index with lanes that follow engines. */
    record Memory(double index, double fused) {}

    /** @param blocks distinct blocks, each on one endpoint */
    static Memory memory(int blocks) {
        BlockIndex index = new BlockIndex(new IndexSettings(16L << 30));
        KeyHasher hasher = KeyHasher.of(KeyMode.FOLD64, "");
        List<LaneState> lanes = new ArrayList<>();
        Payloads16 payloads = new Payloads16(false, CHAIN);
        KvEventDecoder decoder = new KvEventDecoder();
        for (int i = 0; i < LANES; i++) {
            IndexLane lane = index.addLane("endpoint-" + i, 0);
            LaneState state = new LaneState(LaneSettings.of(hasher, "model-" + i, BLOCK), lane);
            lanes.add(state);
            LaneReader reader = new LaneReader(decoder, state, lane, () -> 0, any -> {});
            for (int stored = 0; stored < blocks / LANES; stored += CHAIN) {
                byte[] payload = payloads.store();
                reader.batch(stored / CHAIN, payload, 0, payload.length);
            }
        }
        long laneBytes = lanes.stream().mapToLong(LaneState::bytes).sum();
        return new Memory(
                index.bytes() / (double) index.blocks(), (index.bytes() + laneBytes) / (double) index.blocks());
    }

    /**
     * Block operations for each second of CPU time, from payload to index, of one thread: prompts are stored, and removed block
     * by block as engines do.
     *
     * @param isMap whether events are maps
     * @param perEvent blocks of a stored event
     */
    static double ingest(boolean isMap, int perEvent, int liveBlocks, long durationNanos) {
        BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
        KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
        IndexLane lane = index.addLane("endpoint", 0);
        LaneReader reader = new LaneReader(
                new KvEventDecoder(),
                new LaneState(LaneSettings.of(hasher, "m", BLOCK), lane),
                lane,
                () -> 0,
                any -> {});
        Payloads16 payloads = new Payloads16(isMap, perEvent);
        List<byte[]> batches = payloads.cycle(liveBlocks);
        var threads = ManagementFactory.getThreadMXBean();
        long start = System.nanoTime();
        long cpu = threads.getCurrentThreadCpuTime();
        long ops = 0;
        boolean isWarm = false;
        long sequence = 0;
        do {
            for (byte[] batch : batches) {
                reader.batch(sequence++, batch, 0, batch.length);
            }
            ops += payloads.cycleOps();
            if (!isWarm && System.nanoTime() - start > durationNanos / 3) {
                isWarm = true;
                ops = 0;
                cpu = threads.getCurrentThreadCpuTime();
            }
        } while (System.nanoTime() - start < durationNanos || ops == 0);
        if (index.blocks() != 0) {
            throw new BenchFailure("blocks are left after as many removals as stores");
        }
        return ops / ((threads.getCurrentThreadCpuTime() - cpu) / 1e9);
    }

    /** Batches as vLLM encodes them, of blocks of 16 tokens out of 150,000. */
    private static final class Payloads16 {
        private static final int VOCABULARY = 150_000;

        private final KvEventEncoder encoder;
        private final int perEvent;
        private final SplittableRandom random = new SplittableRandom(4);
        private long nextHash = 1;
        private long cycleOps;

        Payloads16(boolean isMap, int perEvent) {
            encoder = new KvEventEncoder(isMap ? KvEventFormat.MAP : KvEventFormat.ARRAY);
            this.perEvent = perEvent;
        }

        byte[] store() {
            return encoder.encode(new KvEventBatch(1, List.of(stored(hashes(), null)), 0));
        }

        private long[] hashes() {
            long[] hashes = new long[perEvent];
            for (int i = 0; i < perEvent; i++) {
                hashes[i] = nextHash++ * 0x9E3779B97F4A7C15L;
            }
            return hashes;
        }

        private BlockStored stored(long[] hashes, @org.jspecify.annotations.Nullable Long parent) {
            int[] tokens = random.ints((long) perEvent * BLOCK, 0, VOCABULARY).toArray();
            return BlockStored.of(
                    BlockHashes.ofIds(hashes),
                    parent == null ? null : io.llmd.kv.hash.BlockHash.ofId(parent),
                    TokenIds.of(tokens),
                    BLOCK);
        }

        /** Stores that many blocks, then removes them all, each removal an event of its own, 64 in a batch. */
        List<byte[]> cycle(int blocks) {
            List<byte[]> batches = new ArrayList<>();
            List<long[]> all = new ArrayList<>();
            Long parent = null;
            for (int stored = 0; stored < blocks; stored += perEvent) {
                long[] hashes = hashes();
                boolean isFirst = stored / perEvent % Math.max(1, CHAIN / perEvent) == 0;
                batches.add(encoder.encode(new KvEventBatch(1, List.of(stored(hashes, isFirst ? null : parent)), 0)));
                parent = hashes[perEvent - 1];
                all.add(hashes);
            }
            List<io.llmd.kv.event.KvEvent> removals = new ArrayList<>();
            for (long[] hashes : all) {
                for (long hash : hashes) {
                    removals.add(BlockRemoved.of(BlockHashes.ofIds(hash)));
                    if (removals.size() == 64) {
                        batches.add(encoder.encode(new KvEventBatch(1, removals, 0)));
                        removals.clear();
                    }
                }
            }
            if (!removals.isEmpty()) {
                batches.add(encoder.encode(new KvEventBatch(1, removals, 0)));
            }
            cycleOps = 2L * all.size() * perEvent;
            return batches;
        }

        long cycleOps() {
            return cycleOps;
        }
    }
}
