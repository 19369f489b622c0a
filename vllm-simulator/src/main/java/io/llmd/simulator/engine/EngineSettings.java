package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * What an engine can hold and how fast it is.
 *
 * @param maxNumSeqs sequences in one batch
 * @param maxNumBatchedTokens tokens computed in one step
 * @param blockTokens tokens in one block
 * @param blocks blocks in the pool, one of which is reserved
 * @param maxModelLen prompt and output tokens of one sequence
 * @param prefixCaching whether finished blocks are found again
 * @param latency step time
 * @param timeScale factor on all modelled times
 * @param noiseCv coefficient of variation of the step time, lognormal; 0 for none
 * @param seed of the noise
 * @param hashSeed of the block hashes; equal on endpoints whose hashes shall be equal
 */
public record EngineSettings(
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int blockTokens,
        int blocks,
        int maxModelLen,
        boolean prefixCaching,
        LatencyModel latency,
        double timeScale,
        double noiseCv,
        long seed,
        String hashSeed) {
    public EngineSettings {
        Objects.requireNonNull(latency, "latency");
        Objects.requireNonNull(hashSeed, "hashSeed");
        atLeastOne("maxNumSeqs", maxNumSeqs);
        atLeastOne("maxNumBatchedTokens", maxNumBatchedTokens);
        atLeastOne("blockTokens", blockTokens);
        atLeastOne("maxModelLen", maxModelLen);
        if ((blocks - 1L) * blockTokens < maxModelLen) {
            throw new IllegalArgumentException("blocks: " + blocks + " of " + blockTokens
                    + " tokens (expected: room for maxModelLen " + maxModelLen + " beside the reserved block)");
        }
        if (!(timeScale > 0) || Double.isInfinite(timeScale)) {
            throw new IllegalArgumentException("timeScale: " + timeScale + " (expected: > 0)");
        }
        if (!(noiseCv >= 0) || noiseCv > 1) {
            throw new IllegalArgumentException("noiseCv: " + noiseCv + " (expected: 0 to 1)");
        }
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }
}
