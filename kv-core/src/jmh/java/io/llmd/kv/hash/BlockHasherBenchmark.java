package io.llmd.kv.hash;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One block of 16 tokens in a chain of 1,000, token ids of a vocabulary of 150,000.
 *
 * <pre>
 * mvn -q -B -Pkv-jmh -pl kv-core -am process-test-classes -Djmh.args="BlockHasherBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BlockHasherBenchmark {

    private static final int BLOCKS = 1000;
    private static final int BLOCK_TOKENS = 16;

    @Param
    public BlockHashAlgorithm algorithm;

    private final int[] tokens =
            new SplittableRandom(42).ints(BLOCKS * BLOCK_TOKENS, 0, 150_000).toArray();
    private BlockHasher hasher;
    private byte[] digest;

    @Setup
    public void setUp() {
        hasher = HashDomain.seeded(algorithm, "0").newHasher();
        digest = new byte[hasher.digestBytes()];
    }

    @Benchmark
    @OperationsPerInvocation(BLOCKS)
    public byte[] block() {
        hasher.first(tokens, 0, BLOCK_TOKENS, ExtraKeys.NONE, digest, 0);
        for (int i = 1; i < BLOCKS; i++) {
            hasher.next(digest, 0, tokens, i * BLOCK_TOKENS, BLOCK_TOKENS, ExtraKeys.NONE, digest, 0);
        }
        return digest;
    }
}
