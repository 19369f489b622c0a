package io.llmd.kv.event;

import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeys;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One batch with one stored event in map form: a block that decoding filled, or a prefill of 2,048 tokens.
 *
 * <pre>
 * mvn -q -B -Pkv-jmh -pl kv-core -am process-test-classes -Djmh.args="KvEventEncoderBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KvEventEncoderBenchmark {

    private static final int BLOCK_TOKENS = 16;

    @Param({"1", "128"})
    public int blocks;

    private final KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.MAP);
    private KvEventBatch batch;

    @Setup
    public void setUp() {
        SplittableRandom random = new SplittableRandom(42);
        BlockHashes hashes = BlockHashes.ofIds(random.longs(blocks).toArray());
        TokenIds tokens =
                TokenIds.of(random.ints(blocks * BLOCK_TOKENS, 0, 150_000).toArray());
        BlockStored event = BlockStored.of(hashes, BlockHash.ofId(1), tokens, BLOCK_TOKENS)
                .withExtraKeys(Collections.nCopies(blocks, ExtraKeys.NONE))
                .withGroup(CacheGroup.FULL_ATTENTION);
        batch = new KvEventBatch(1_700_000_000.5, List.of(event), 0);
    }

    @Benchmark
    public byte[] encode() {
        return encoder.encode(batch);
    }
}
