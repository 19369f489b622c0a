package io.llmd.kv.event;

import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeys;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
 * Time per block of 16 tokens, over 64 batches of 128 blocks: stored by one event, or by one event each, as decoding does;
 * and removed by one event each.
 *
 * <pre>
 * mvn -q -B -Pkv-jmh -pl kv-core -am process-test-classes -Djmh.args="KvEventDecoderBenchmark -prof gc"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KvEventDecoderBenchmark {

    private static final int BLOCK_TOKENS = 16;
    private static final int BLOCKS = 128;
    private static final int BATCHES = 64;

    @Param({"ARRAY", "MAP"})
    public String form;

    private final KvEventDecoder decoder = new KvEventDecoder();
    private final Sum sum = new Sum();
    private final byte[][] stored = new byte[BATCHES][];
    private final byte[][] storedSingly = new byte[BATCHES][];
    private final byte[][] removed = new byte[BATCHES][];

    @Setup
    public void setUp() {
        KvEventEncoder encoder =
                new KvEventEncoder(form.equals("MAP") ? KvEventFormat.MAP : KvEventFormat.ARRAY);
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < BATCHES; i++) {
            stored[i] = encoder.encode(batch(List.of(event(random, BLOCKS))));
            List<KvEvent> singles = new ArrayList<>();
            List<KvEvent> removals = new ArrayList<>();
            for (int j = 0; j < BLOCKS; j++) {
                singles.add(event(random, 1));
                removals.add(BlockRemoved.of(BlockHashes.ofIds(random.nextLong())).withGroupIndex(0));
            }
            storedSingly[i] = encoder.encode(batch(singles));
            removed[i] = encoder.encode(batch(removals));
        }
    }

    private static KvEventBatch batch(List<KvEvent> events) {
        return new KvEventBatch(1_700_000_000.5, events, 0);
    }

    private static BlockStored event(SplittableRandom random, int blocks) {
        BlockHashes hashes = BlockHashes.ofIds(random.longs(blocks).toArray());
        TokenIds tokens =
                TokenIds.of(random.ints(blocks * BLOCK_TOKENS, 0, 150_000).toArray());
        return BlockStored.of(hashes, BlockHash.ofId(1), tokens, BLOCK_TOKENS)
                .withExtraKeys(Collections.nCopies(blocks, ExtraKeys.NONE))
                .withGroup(CacheGroup.FULL_ATTENTION);
    }

    @Benchmark
    @OperationsPerInvocation(BATCHES * BLOCKS)
    public long stored() {
        return decode(stored);
    }

    @Benchmark
    @OperationsPerInvocation(BATCHES * BLOCKS)
    public long storedSingly() {
        return decode(storedSingly);
    }

    @Benchmark
    @OperationsPerInvocation(BATCHES * BLOCKS)
    public long removed() {
        return decode(removed);
    }

    private long decode(byte[][] payloads) {
        for (byte[] payload : payloads) {
            decoder.decode(payload, 0, payload.length, sum);
        }
        return sum.total;
    }

    private static final class Sum implements KvEventSink {
        private long total;

        @Override
        public void stored(StoredBlocks blocks) {
            total += blocks.hashes[blocks.hashCount - 1] + blocks.tokens[blocks.tokenCount - 1];
        }

        @Override
        public void removed(RemovedBlocks blocks) {
            total -= blocks.hashes[blocks.hashCount - 1];
        }

        @Override
        public void cleared() {
            total = 0;
        }
    }
}
