package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * A model on a group of GPUs.
 *
 * @param tensorParallel GPUs that share the model
 * @param weightBytes bytes of a weight: 2 for bf16, 1 for fp8
 * @param kvValueBytes bytes of a value in the KV cache, likewise
 */
public record Deployment(ModelArchitecture model, GpuModel gpu, int tensorParallel, int weightBytes, int kvValueBytes) {
    private static final double OTHER_BYTES_PER_GPU = 2.5e9;

    public Deployment {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(gpu, "gpu");
        if (tensorParallel < 1 || model.queryHeads() % tensorParallel != 0) {
            throw new IllegalArgumentException(
                    "tensorParallel: " + tensorParallel + " (expected: a divisor of " + model.queryHeads() + " heads)");
        }
        if (weightBytes != 1 && weightBytes != 2) {
            throw new IllegalArgumentException("weightBytes: " + weightBytes + " (expected: 1 or 2)");
        }
        if (kvValueBytes != 1 && kvValueBytes != 2) {
            throw new IllegalArgumentException("kvValueBytes: " + kvValueBytes + " (expected: 1 or 2)");
        }
    }

    /** A model with a KV cache in bf16. */
    public Deployment(ModelArchitecture model, GpuModel gpu, int tensorParallel, int weightBytes) {
        this(model, gpu, tensorParallel, weightBytes, 2);
    }

    /** Bytes that one token takes in the KV caches of all GPUs. */
    public long kvBytesPerToken() {
        return model.kvBytesPerToken(kvValueBytes);
    }

    /** Bytes of all weights. */
    public double weightBytesTotal() {
        return (model.linearParameters() + 2 * model.headParameters()) * weightBytes;
    }

    /**
     * Blocks that fit beside the weights and what else an engine needs, the reserved one included.
     *
     * @param utilization share of the GPU memory that the engine takes
     * @throws IllegalArgumentException if not even one block fits
     */
    public int blocks(int blockTokens, double utilization) {
        double room = utilization * gpu.memoryBytes() * tensorParallel
                - weightBytesTotal()
                - OTHER_BYTES_PER_GPU * tensorParallel;
        double copies = model.latentDim() > 0 ? tensorParallel : 1;
        long blocks = (long) (room / (kvBytesPerToken() * copies * blockTokens));
        if (blocks < 2) {
            throw new IllegalArgumentException(model.name() + " on " + tensorParallel + " x " + gpu.name()
                    + ": no memory for KV blocks (expected: more or larger GPUs, or weights of one byte)");
        }
        return (int) Math.min(blocks, Integer.MAX_VALUE - 8);
    }

    /** Most tokens in a step, by vLLM's rule for its API server. */
    public int defaultBatchedTokens() {
        return isLarge() ? 8192 : 2048;
    }

    /** Most sequences in a batch, by vLLM's rule for its API server. */
    public int defaultSequences() {
        return isLarge() ? 1024 : 256;
    }

    private boolean isLarge() {
        return gpu.memoryBytes() >= 70L << 30 && !gpu.name().equals("a100");
    }
}
