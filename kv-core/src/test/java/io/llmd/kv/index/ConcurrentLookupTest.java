package io.llmd.kv.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.StorageTier;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Row 60: a writer at full speed and readers at the same time. Each membership has a version that the writer makes odd while
 * it changes it; a reader that is told of a membership whose version was even, equal before and after the call, and "not
 * held" has caught an overcount.
 */
class ConcurrentLookupTest {

    private static final int CHAINS = 64;
    private static final int DEPTH = 32;
    private static final int LANES = 8;
    private static final int WRITES = 300_000;
    private static final int HELD = 1;
    private static final int CHANGING = 2;
    private static final int VERSION = 4;

    private final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    private final IndexLane[] lanes = new IndexLane[LANES];
    private final AtomicLongArray shadow = new AtomicLongArray(CHAINS * DEPTH * LANES);
    private final AtomicBoolean isWriting = new AtomicBoolean(true);
    private final AtomicReference<String> failure = new AtomicReference<>();
    private final AtomicLong lookups = new AtomicLong();
    private final AtomicLong checked = new AtomicLong();

    @Test
    @Tag("kv-index-60")
    void noReaderIsToldOfABlockThatNobodyHeld() throws InterruptedException {
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = index.addLane(String.valueOf(lane), 0);
        }
        Thread[] readers = new Thread[3];
        for (int i = 0; i < readers.length; i++) {
            int seed = i;
            readers[i] = Thread.ofPlatform().start(() -> read(new Random(seed)));
        }
        write(new Random(99));
        isWriting.set(false);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(lookups.get()).isPositive();
        assertThat(checked.get()).isPositive();
    }

    private void write(Random random) {
        long[] chain = new long[DEPTH];
        for (int i = 0; i < WRITES && failure.get() == null; i++) {
            int which = random.nextInt(CHAINS);
            int lane = random.nextInt(LANES);
            int from = random.nextInt(DEPTH);
            int count = 1 + random.nextInt(Math.min(8, DEPTH - from));
            if (i % 10 == 0) {
                grow(random);
            }
            boolean isStore = random.nextInt(100) < 55;
            keys(which, chain);
            mark(which, lane, from, count, state -> (state | CHANGING) + VERSION);
            if (isStore) {
                lanes[lane].stored(StorageTier.GPU, 0, from == 0 ? 0 : chain[from - 1], chain, chain, from, count);
            } else {
                lanes[lane].removed(StorageTier.GPU, 0, chain, from, count);
            }
            mark(which, lane, from, count, state -> (state & -VERSION) + VERSION | (isStore ? HELD : 0));
        }
    }

    /** Other blocks, so that nodes and table are replaced while readers look. */
    private void grow(Random random) {
        long[] others = random.longs(16).toArray();
        lanes[0].stored(StorageTier.GPU, 0, 0, others, others, 0, others.length);
    }

    private void mark(int chain, int lane, int from, int count, java.util.function.LongUnaryOperator change) {
        for (int depth = from; depth < from + count; depth++) {
            int at = at(chain, depth, lane);
            shadow.set(at, change.applyAsLong(shadow.get(at)));
        }
    }

    private void read(Random random) {
        PrefixLookup lookup = new PrefixLookup();
        long[] chain = new long[DEPTH];
        long[] before = new long[DEPTH * LANES];
        while (isWriting.get()) {
            int which = random.nextInt(CHAINS);
            keys(which, chain);
            for (int i = 0; i < before.length; i++) {
                before[i] = shadow.get(which * DEPTH * LANES + i);
            }
            index.match(chain, DEPTH, lookup);
            lookups.incrementAndGet();
            for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
                int lane = Integer.parseInt(lookup.lane(i).endpoint());
                for (int depth = 0; depth < lookup.blocks(i); depth++) {
                    check(which, depth, lane, before[depth * LANES + lane]);
                }
            }
        }
    }

    private void check(int chain, int depth, int lane, long before) {
        long after = shadow.get(at(chain, depth, lane));
        if (before == after && (before & CHANGING) == 0) {
            checked.incrementAndGet();
            if ((before & HELD) == 0) {
                failure.compareAndSet(null, "chain " + chain + " depth " + depth + " lane " + lane);
            }
        }
    }

    private static int at(int chain, int depth, int lane) {
        return (chain * DEPTH + depth) * LANES + lane;
    }

    private static void keys(int chain, long[] keys) {
        for (int depth = 0; depth < DEPTH; depth++) {
            keys[depth] = (chain * 1000L + depth + 1) * 0x9E3779B97F4A7C15L;
        }
    }
}
