package io.llmd.lab.fleet;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.engine.StepLoad;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The endpoints.
 *
 * @param endpoints how many, in [1, 64]
 * @param model served by all of them
 * @param gpus hardware of the endpoints, dealt out in turn; one entry for a uniform fleet
 * @param tensorParallel GPUs of each endpoint
 * @param blockTokens tokens in one KV block
 * @param kvTokens tokens that fit in the KV cache of each endpoint; 0 for what the memory of its GPUs holds
 * @param batchedTokens most tokens in one step
 * @param slowEndpoints how many endpoints, the last ones, take longer for each step
 * @param slowFactor how much longer, at least 1
 * @param noise coefficient of variation of a step's time, in [0, 1]
 * @param split which of them only compute prompts, and fewer than all
 */
public record Fleet(
        int endpoints,
        ModelArchitecture model,
        List<GpuModel> gpus,
        int tensorParallel,
        int blockTokens,
        long kvTokens,
        int batchedTokens,
        int slowEndpoints,
        double slowFactor,
        double noise,
        Split split) {

    /** Most endpoints of a fleet. */
    public static final int MOST_ENDPOINTS = Long.SIZE;

    private static final double NANOS = 1e9;
    private static final int BYTES_PER_WEIGHT = 2;
    /** Longest request, where the cache holds so much. */
    private static final long MAX_MODEL_TOKENS = 131_072 + 4096;

    private static final double MEMORY_SHARE = 0.9;

    /** Eight times Qwen3-32B on two H100, with the KV cache of llm-d's published measurement. */
    public static final Fleet DEFAULT = new Fleet(
            8, ModelArchitecture.QWEN3_32B, List.of(GpuModel.H100), 2, 64, 307_328, 8192, 0, 1, 0.03, Split.NONE);

    public Fleet {
        Objects.requireNonNull(model, "model");
        gpus = List.copyOf(gpus);
        require(endpoints >= 1 && endpoints <= MOST_ENDPOINTS, "endpoints", endpoints, "1 to " + MOST_ENDPOINTS);
        require(!gpus.isEmpty(), "gpus", gpus.size(), ">= 1");
        require(blockTokens >= 1, "blockTokens", blockTokens, ">= 1");
        require(kvTokens == 0 || kvTokens >= 2L * blockTokens, "kvTokens", kvTokens, "0, or two blocks at least");
        require(slowEndpoints >= 0 && slowEndpoints <= endpoints, "slowEndpoints", slowEndpoints, "0 to " + endpoints);
        require(slowFactor >= 1, "slowFactor", slowFactor, ">= 1");
        require(
                split.prefillEndpoints() < endpoints,
                "prefillEndpoints",
                split.prefillEndpoints(),
                "fewer than " + endpoints + " endpoints");
    }

    private static void require(boolean holds, String name, Number value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** The same with so many endpoints. */
    public Fleet withEndpoints(int value) {
        return new Fleet(
                value,
                model,
                gpus,
                tensorParallel,
                blockTokens,
                kvTokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                noise,
                split);
    }

    /** The same with other hardware. */
    public Fleet withGpus(List<GpuModel> value) {
        return new Fleet(
                endpoints,
                model,
                value,
                tensorParallel,
                blockTokens,
                kvTokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                noise,
                split);
    }

    /** The same with so many GPUs for each endpoint. */
    public Fleet withTensorParallel(int value) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                value,
                blockTokens,
                kvTokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                noise,
                split);
    }

    /** The same with other blocks and another size of the caches. */
    public Fleet withCache(int tokensPerBlock, long tokens) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                tensorParallel,
                tokensPerBlock,
                tokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                noise,
                split);
    }

    /** The same with another budget of a step. */
    public Fleet withBatchedTokens(int value) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                tensorParallel,
                blockTokens,
                kvTokens,
                value,
                slowEndpoints,
                slowFactor,
                noise,
                split);
    }

    /** The same with some endpoints that are slower. */
    public Fleet withSlow(int count, double factor) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                tensorParallel,
                blockTokens,
                kvTokens,
                batchedTokens,
                count,
                factor,
                noise,
                split);
    }

    /** The same with other noise. */
    public Fleet withNoise(double value) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                tensorParallel,
                blockTokens,
                kvTokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                value,
                split);
    }

    /** The same with other roles or transfers. */
    public Fleet withSplit(Split value) {
        return new Fleet(
                endpoints,
                model,
                gpus,
                tensorParallel,
                blockTokens,
                kvTokens,
                batchedTokens,
                slowEndpoints,
                slowFactor,
                noise,
                value);
    }

    /** The engine of each endpoint. */
    public List<EngineSettings> engines() {
        List<EngineSettings> engines = new ArrayList<>(endpoints);
        // One hasher for all, so that a prompt is hashed once for all engines.
        EngineSettings first = engine(gpus.getFirst(), 1);
        for (int i = 0; i < endpoints; i++) {
            double scale = i >= endpoints - slowEndpoints ? slowFactor : 1;
            engines.add(engine(gpus.get(i % gpus.size()), scale).withHasher(first.hasher()));
        }
        return engines;
    }

    private EngineSettings engine(GpuModel gpu, double scale) {
        Deployment deployment = new Deployment(model, gpu, tensorParallel, BYTES_PER_WEIGHT);
        int blocks = blocks(deployment);
        return EngineSettings.builder()
                .latency(new PhysicsLatency(deployment))
                .blockTokens(blockTokens)
                .blocks(blocks)
                .maxNumBatchedTokens(batchedTokens)
                .maxModelLen((int) Math.min(MAX_MODEL_TOKENS, (blocks - 1L) * blockTokens))
                .noiseCv(noise)
                .timeScale(scale)
                // As the gateway does, which asks a decode endpoint that lost blocks again without them.
                .loadFailure(LoadFailurePolicy.RECOMPUTE)
                .build();
    }

    /** With the one block that no engine uses. */
    private int blocks(Deployment deployment) {
        return kvTokens == 0
                ? deployment.blocks(blockTokens, MEMORY_SHARE)
                : Math.toIntExact(kvTokens / blockTokens + 1);
    }

    /** Prompt tokens that an endpoint computes in a second when they fill its steps; mean of all endpoints. */
    public double prefillTokensPerSecond() {
        double attention = 0.5 * batchedTokens * batchedTokens;
        StepLoad full = new StepLoad(batchedTokens, 1, 1, 0, 0, attention, 0, batchedTokens, 1, 1);
        return engines().stream()
                .mapToDouble(engine -> batchedTokens / (engine.latency().stepNanos(full) * engine.timeScale()) * NANOS)
                .average()
                .orElseThrow();
    }

    /** Usable blocks of all endpoints together. */
    public int totalBlocks() {
        return engines().stream().mapToInt(engine -> engine.blocks() - 1).sum();
    }
}
