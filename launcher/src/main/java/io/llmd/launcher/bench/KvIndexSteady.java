package io.llmd.launcher.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.ThreadMXBean;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
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
import java.io.PrintWriter;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.HdrHistogram.Histogram;

/**
 * Events at a steady rate for minutes, from payload to index, beside look-ups: does anything grow, does anything stop. Half of
 * the operations are stored blocks, 64 in an event, half are removals, each an event of its own.
 */
final class KvIndexSteady {

    /**
     * What is measured.
     *
     * @param duration a tenth of it before figures are taken
     * @param blockOps stored and removed blocks a second
     */
    record Settings(Duration duration, int blockOps) {}

    private static final int BLOCK = 16;
    private static final int CHAIN = 128;
    private static final int EVENT = 64;
    private static final int LANES = 48;
    private static final int LIVE_PROMPTS = 8_192;
    private static final int CYCLE = LIVE_PROMPTS * 3 / 2;
    private static final int ASKED_PROMPTS = 2_048;
    private static final int LOOKUPS_AT_ONCE = 200;
    private static final long LOOKUP_INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int VOCABULARY = 150_000;
    private static final double MILLION = 1e6;

    private final Settings settings;
    private final PrintWriter progress;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final BlockIndex index = new BlockIndex(new IndexSettings(8L << 30));
    private final KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
    private final List<LaneState> states = new ArrayList<>();
    private final List<LaneReader> readers = new ArrayList<>();
    private final byte[][] stores = new byte[CYCLE][];
    private final byte[][] removals = new byte[CYCLE][];
    private final long[][] asked = new long[ASKED_PROMPTS][CHAIN];
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong longestPauseMillis = new AtomicLong();
    private final AtomicLong pauses = new AtomicLong();
    private final AtomicBoolean isOver = new AtomicBoolean();

    KvIndexSteady(Settings settings, PrintWriter progress) {
        this.settings = settings;
        this.progress = progress;
        KvEventDecoder decoder = new KvEventDecoder();
        for (int i = 0; i < LANES; i++) {
            IndexLane lane = index.addLane("endpoint-" + i, 0);
            LaneState state = new LaneState(LaneSettings.of(hasher, "m", BLOCK), lane);
            states.add(state);
            readers.add(new LaneReader(decoder, state, lane, KvIndexSteady::millis, any -> {}));
        }
    }

    private static long millis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** @throws BenchFailure when an answer is wrong */
    List<GoalLine> run() throws InterruptedException {
        prepare();
        watchCollectors();
        Thread writer = Thread.ofPlatform().name("bench-writer").start(this::write);
        try {
            return measure(writer);
        } finally {
            isOver.set(true);
            writer.join();
        }
    }

    private List<GoalLine> measure(Thread writer) {
        long warm = settings.duration().toNanos() / 10;
        look(warm, new Histogram(3));
        say("warmed up");
        long reader = Thread.currentThread().threadId();
        long allocated = threads.getThreadAllocatedBytes(reader) + threads.getThreadAllocatedBytes(writer.threadId());
        long before = written.get();
        long cpu = threads.getThreadCpuTime(writer.threadId());
        long bytes = bytes();
        pauses.set(0);
        longestPauseMillis.set(0);
        Histogram nanos = new Histogram(3);
        long begin = System.nanoTime();
        look(settings.duration().toNanos() - warm, nanos);
        double seconds = (System.nanoTime() - begin) / 1e9;
        long ops = written.get() - before;
        double writerCores = (threads.getThreadCpuTime(writer.threadId()) - cpu) / 1e9 / seconds;
        double perOp = (threads.getThreadAllocatedBytes(reader)
                        + threads.getThreadAllocatedBytes(writer.threadId())
                        - allocated)
                / (double) ops;
        long growth = bytes() - bytes;
        return List.of(
                GoalLine.judgedAtLeast(
                        "row 61",
                        "steady.block-ops",
                        one(ops / seconds / MILLION),
                        "M/s",
                        settings.blockOps() / MILLION * 0.99,
                        null),
                GoalLine.judged(
                        "row 61", "steady.lookup-p99", one(nanos.getValueAtPercentile(99)), "ns", 3_000, null, 0),
                GoalLine.reported("row 61", "steady.lookup-p50", one(nanos.getValueAtPercentile(50)), "ns", null, 0),
                GoalLine.reported("row 61", "steady.lookup-p999", one(nanos.getValueAtPercentile(99.9)), "ns", null, 0),
                GoalLine.judged("row 61", "steady.allocated-per-op", one(perOp), "B", 0.1, null, 0),
                GoalLine.judged("row 61", "steady.growth", one(growth / MILLION), "MB", 0, null, 0),
                GoalLine.judged("row 61", "steady.longest-pause", one(longestPauseMillis.get()), "ms", 1, null, 0),
                GoalLine.reported("row 61", "steady.pauses", one(pauses.get()), "", null, 0),
                GoalLine.reported("row 61", "steady.writer-cores", one(writerCores), "", null, 0));
    }

    private long bytes() {
        return index.bytes() + states.stream().mapToLong(LaneState::bytes).sum();
    }

    private static Figure one(double value) {
        return new Figure(value, value, value);
    }

    private void prepare() {
        say(String.format("encoding events of %,d prompts", CYCLE));
        KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.ARRAY);
        SplittableRandom random = new SplittableRandom(8);
        for (int prompt = 0; prompt < CYCLE; prompt++) {
            int[] tokens = random.ints((long) CHAIN * BLOCK, 0, VOCABULARY).toArray();
            stores[prompt] = encoder.encode(new KvEventBatch(1, stored(prompt, tokens), 0));
            List<KvEvent> removed = new ArrayList<>();
            for (int block = CHAIN - 1; block >= 0; block--) {
                removed.add(BlockRemoved.of(BlockHashes.ofIds(hash(prompt, block))));
            }
            removals[prompt] = encoder.encode(new KvEventBatch(1, removed, 0));
        }
        for (int prompt = 0; prompt < ASKED_PROMPTS; prompt++) {
            int[] tokens = random.ints((long) CHAIN * BLOCK, 0, VOCABULARY).toArray();
            hasher.chain(hasher.root("m"), tokens, 0, CHAIN, BLOCK, asked[prompt], 0);
            byte[] payload = encoder.encode(new KvEventBatch(1, stored(CYCLE + prompt, tokens), 0));
            readers.get(prompt % LANES).batch(0, payload, 0, payload.length);
        }
    }

    private static List<KvEvent> stored(int prompt, int[] tokens) {
        List<KvEvent> events = new ArrayList<>();
        for (int from = 0; from < CHAIN; from += EVENT) {
            long[] hashes = new long[EVENT];
            for (int i = 0; i < EVENT; i++) {
                hashes[i] = hash(prompt, from + i);
            }
            events.add(BlockStored.of(
                    BlockHashes.ofIds(hashes),
                    from == 0 ? null : BlockHash.ofId(hash(prompt, from - 1)),
                    TokenIds.copyOf(tokens, from * BLOCK, (from + EVENT) * BLOCK),
                    BLOCK));
        }
        return events;
    }

    private static long hash(int prompt, int block) {
        return ((long) prompt * CHAIN + block + 1) * 0x9E3779B97F4A7C15L;
    }

    private void write() {
        long interval = (long) (2 * CHAIN * 1e9 / settings.blockOps());
        long begin = System.nanoTime();
        // What is live at first comes at full speed.
        for (long i = -LIVE_PROMPTS; !isOver.get(); i++) {
            long due = begin + i * interval;
            if (i == 0) {
                begin = System.nanoTime();
            }
            for (long now = System.nanoTime(); i > 0 && now < due; now = System.nanoTime()) {
                LockSupport.parkNanos(due - now);
            }
            int prompt = (int) Math.floorMod(i, (long) CYCLE);
            if (i >= 0) {
                int oldest = (int) Math.floorMod(i - LIVE_PROMPTS, (long) CYCLE);
                readers.get(oldest % LANES).batch(i, removals[oldest], 0, removals[oldest].length);
            }
            readers.get(prompt % LANES).batch(i, stores[prompt], 0, stores[prompt].length);
            written.addAndGet(2 * CHAIN);
        }
    }

    private void look(long durationNanos, Histogram nanos) {
        PrefixLookup lookup = new PrefixLookup();
        SplittableRandom dice = new SplittableRandom(3);
        long begin = System.nanoTime();
        long due = begin;
        for (long now = begin; now - begin < durationNanos; now = System.nanoTime()) {
            for (int i = 0; i < LOOKUPS_AT_ONCE; i++) {
                long[] prompt = asked[dice.nextInt(ASKED_PROMPTS)];
                long from = System.nanoTime();
                index.match(prompt, CHAIN, lookup);
                nanos.recordValue(System.nanoTime() - from);
                if (lookup.size() != 1 || lookup.blocks(lookup.first()) != CHAIN) {
                    throw new BenchFailure("a look-up of " + CHAIN + " present blocks was not answered with them");
                }
            }
            due += LOOKUP_INTERVAL;
            for (now = System.nanoTime(); now < due; now = System.nanoTime()) {
                LockSupport.parkNanos(due - now);
            }
        }
    }

    private void watchCollectors() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(
                        (notification, any) -> {
                            var info =
                                    GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData());
                            pauses.incrementAndGet();
                            longestPauseMillis.accumulateAndGet(info.getGcInfo().getDuration(), Math::max);
                        },
                        null,
                        null);
            }
        }
    }

    private void say(String text) {
        progress.println(text);
        progress.flush();
    }
}
