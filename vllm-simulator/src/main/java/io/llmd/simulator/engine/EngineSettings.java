package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * What an engine can hold and how fast it is.
 *
 * @param maxNumSeqs sequences in one batch
 * @param maxNumBatchedTokens tokens computed in one step
 * @param longPrefillTokens most prompt tokens of one sequence in a step; 0 for no bound but the step's
 * @param blockTokens tokens in one block
 * @param blocks blocks in the pool, one of which is reserved
 * @param maxModelLen prompt and output tokens of one sequence
 * @param prefixCaching whether finished blocks are found again
 * @param ordering of the waiting queue
 * @param latency step time
 * @param timeScale factor on all modelled times
 * @param noiseCv coefficient of variation of the step time, lognormal; 0 for none
 * @param seed of the noise
 * @param hasher names blocks
 * @param adapters LoRA
 * @param encoder media
 * @param leaseNanos how long blocks are held for another engine, before time scale
 * @param loadFailure what a failed load of blocks leads to
 * @param blockSample share of the blocks whose times {@link EngineSink#evicted} tells, in [0, 1]
 */
public record EngineSettings(
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int longPrefillTokens,
        int blockTokens,
        int blocks,
        int maxModelLen,
        boolean prefixCaching,
        OrderingPolicy ordering,
        LatencyModel latency,
        double timeScale,
        double noiseCv,
        long seed,
        BlockHasher hasher,
        AdapterSettings adapters,
        EncoderSettings encoder,
        long leaseNanos,
        LoadFailurePolicy loadFailure,
        double blockSample) {
    public EngineSettings {
        Objects.requireNonNull(ordering, "ordering");
        Objects.requireNonNull(latency, "latency");
        Objects.requireNonNull(hasher, "hasher");
        Objects.requireNonNull(adapters, "adapters");
        Objects.requireNonNull(encoder, "encoder");
        Objects.requireNonNull(loadFailure, "loadFailure");
        atLeast("maxNumSeqs", maxNumSeqs, 1);
        atLeast("maxNumBatchedTokens", maxNumBatchedTokens, 1);
        atLeast("longPrefillTokens", longPrefillTokens, 0);
        atLeast("blockTokens", blockTokens, 1);
        atLeast("maxModelLen", maxModelLen, 1);
        atLeast("leaseNanos", leaseNanos, 1);
        if ((blocks - 1L) * blockTokens < maxModelLen) {
            throw new IllegalArgumentException("blocks: " + blocks + " of " + blockTokens
                    + " tokens (expected: room for maxModelLen " + maxModelLen + " beside the reserved block)");
        }
        if (!(timeScale > 0) || Double.isInfinite(timeScale)) {
            throw new IllegalArgumentException("timeScale: " + timeScale + " (expected: > 0)");
        }
        if (!(blockSample >= 0 && blockSample <= 1)) {
            throw new IllegalArgumentException("blockSample: " + blockSample + " (expected: 0 to 1)");
        }
        if (!(noiseCv >= 0) || noiseCv > 1) {
            throw new IllegalArgumentException("noiseCv: " + noiseCv + " (expected: 0 to 1)");
        }
    }

    /** Starts from the defaults: Llama-3.1-8B on one H100, block hashes that nobody outside compares. */
    public static EngineSettingsBuilder builder() {
        return new EngineSettingsBuilder();
    }

    /** The same engine with other noise. */
    public EngineSettings withSeed(long value) {
        return new EngineSettings(
                maxNumSeqs,
                maxNumBatchedTokens,
                longPrefillTokens,
                blockTokens,
                blocks,
                maxModelLen,
                prefixCaching,
                ordering,
                latency,
                timeScale,
                noiseCv,
                value,
                hasher,
                adapters,
                encoder,
                leaseNanos,
                loadFailure,
                blockSample);
    }

    /** The same engine with other names of its blocks. */
    public EngineSettings withHasher(BlockHasher value) {
        return new EngineSettings(
                maxNumSeqs,
                maxNumBatchedTokens,
                longPrefillTokens,
                blockTokens,
                blocks,
                maxModelLen,
                prefixCaching,
                ordering,
                latency,
                timeScale,
                noiseCv,
                seed,
                value,
                adapters,
                encoder,
                leaseNanos,
                loadFailure,
                blockSample);
    }

    /** Blocks that so many tokens fill, the last one in part perhaps. */
    public int blocksFor(int tokens) {
        return (tokens + blockTokens - 1) / blockTokens;
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
        }
    }
}
