package io.llmd.simulator.config;

import io.llmd.simulator.engine.AdapterSettings;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EncoderSettings;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Settings of the engine that depend on each other, as they are being chosen. Not thread-safe. */
final class EngineDraft {
    private static final int DEFAULT_BLOCKS = 8192;
    private static final int DEFAULT_SEQUENCES = 1024;
    private static final int DEFAULT_BATCHED_TOKENS = 8192;

    final LatencyDraft latency = new LatencyDraft();
    private final List<Consumer<EngineSettingsBuilder>> changes = new ArrayList<>();

    @Nullable
    GpuModel gpu;

    @Nullable
    ModelArchitecture architecture;

    int tensorParallel = 1;
    int weightBytes = 2;
    int kvValueBytes = 2;
    double memoryUtilization = 0.9;

    @Nullable
    Duration stepOverhead;

    @Nullable
    Integer blocks;

    @Nullable
    Integer maxNumSeqs;

    @Nullable
    Integer maxNumBatchedTokens;

    int blockTokens = 16;
    double blockSample;
    EncoderSettings encoder = EncoderSettings.DEFAULTS;

    /** Changes settings of the engine, after all that is chosen here. */
    void change(Consumer<EngineSettingsBuilder> change) {
        changes.add(change);
    }

    /** The model and its GPUs; absent if step times are given otherwise. */
    @Nullable
    Deployment deployment(String model, VersionPreset version) {
        if (gpu == null) {
            if (architecture != null) {
                throw new IllegalArgumentException(
                        "architecture: " + architecture.name() + " without a gpu (expected: both, or none)");
            }
            return null;
        }
        if (latency.isChosen()) {
            throw new IllegalArgumentException(
                    "gpu: " + gpu.name() + " beside a latency model or constant times (expected: one of them)");
        }
        double step = stepOverhead == null
                ? gpu.stepNanos() + version.extraStepOverhead().toNanos()
                : stepOverhead.toNanos();
        ModelArchitecture shape = architecture == null ? architectureOf(model) : architecture;
        return new Deployment(shape, gpu.withStepNanos(step), tensorParallel, weightBytes, kvValueBytes);
    }

    EngineSettings build(@Nullable Deployment deployment, AdapterSettings adapters, VersionPreset version) {
        EngineSettingsBuilder engine = EngineSettings.builder()
                .blockTokens(blockTokens)
                .adapters(adapters)
                .encoder(encoder)
                .blockSample(blockSample)
                .leaseNanos(version.lease().toNanos());
        if (deployment == null) {
            int sequences = orElse(maxNumSeqs, DEFAULT_SEQUENCES);
            engine.latency(latency.build(sequences))
                    .blocks(orElse(blocks, DEFAULT_BLOCKS))
                    .maxNumSeqs(sequences)
                    .maxNumBatchedTokens(orElse(maxNumBatchedTokens, DEFAULT_BATCHED_TOKENS));
        } else {
            latency.requireNoVariation();
            engine.latency(new PhysicsLatency(deployment))
                    .blocks(blocks == null ? deployment.blocks(blockTokens, memoryUtilization) : blocks)
                    .maxNumSeqs(orElse(maxNumSeqs, deployment.defaultSequences()))
                    .maxNumBatchedTokens(orElse(maxNumBatchedTokens, deployment.defaultBatchedTokens()));
        }
        changes.forEach(change -> change.accept(engine));
        return engine.build();
    }

    private static ModelArchitecture architectureOf(String model) {
        return ModelArchitecture.within(model)
                .orElseThrow(() -> new IllegalArgumentException("architecture: not known for model " + model
                        + " (expected: one of " + architectureNames() + ")"));
    }

    static String architectureNames() {
        return ModelArchitecture.presets().stream().map(ModelArchitecture::name).collect(Collectors.joining(", "));
    }

    private static int orElse(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }
}
