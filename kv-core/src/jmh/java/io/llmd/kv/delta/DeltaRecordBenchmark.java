package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time for each block stored or removed, in a record of one run of 64 blocks and 64 single removals.
 *
 * <pre>
 * mvn -q -B -Pkv-jmh -pl kv-core -am process-test-classes -Djmh.args="DeltaRecordBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DeltaRecordBenchmark {

    private static final int BLOCKS = 64;

    private final long[] keys = new SplittableRandom(42).longs(2L * BLOCKS).toArray();
    private final DeltaRecordReader reader = new DeltaRecordReader();
    private final Sum sum = new Sum();
    private final DeltaRecordWriter writer = new DeltaRecordWriter(
            1, 1, 0, false, DeltaRecordWriter.DEFAULT_BYTES, (head, bytes, length) -> written = bytes);
    private byte[] written = {};
    private byte[] record = {};

    @Setup
    public void setUp() {
        DeltaRecordWriter once = new DeltaRecordWriter(
                1,
                1,
                0,
                false,
                DeltaRecordWriter.DEFAULT_BYTES,
                (head, bytes, length) -> record = Arrays.copyOf(bytes, length));
        tell(once);
        once.flush();
    }

    @Benchmark
    @OperationsPerInvocation(2 * BLOCKS)
    public byte[] write() {
        tell(writer);
        writer.flush();
        return written;
    }

    @Benchmark
    @OperationsPerInvocation(2 * BLOCKS)
    public long readAndApply() {
        if (!(reader.check(record) instanceof DeltaReading.Good)) {
            throw new IllegalStateException("record is bad");
        }
        reader.apply(record, sum);
        return sum.total;
    }

    private void tell(LaneDeltas target) {
        target.stored(StorageTier.GPU, 0, 0, keys, keys, 0, BLOCKS);
        for (int i = 0; i < BLOCKS; i++) {
            target.removed(StorageTier.GPU, 0, keys, BLOCKS + i, 1);
        }
        target.applied(1, 1);
    }

    /** Touches every key. */
    private static final class Sum implements LaneDeltas {
        private long total;

        @Override
        public void stored(StorageTier t, int g, long p, long[] keys, long[] hashes, int from, int count) {
            add(keys, from, count);
        }

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
            add(keys, from, count);
        }

        private void add(long[] keys, int from, int count) {
            for (int i = from; i < from + count; i++) {
                total += keys[i];
            }
        }

        @Override
        public void cleared(int tierMask) {
            total += tierMask;
        }

        @Override
        public void epoch(int epoch) {
            total += epoch;
        }

        @Override
        public void coverage(boolean isComplete) {
            total++;
        }

        @Override
        public void applied(long firstSequence, long lastSequence) {
            total += lastSequence;
        }
    }
}
