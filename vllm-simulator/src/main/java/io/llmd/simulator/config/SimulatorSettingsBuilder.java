package io.llmd.simulator.config;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Builds {@link SimulatorSettings}; what is not set keeps its default. Not thread-safe. */
public final class SimulatorSettingsBuilder {
    private String host = "127.0.0.1";
    private int port = 8000;
    private String model = "sim-8b";
    private List<String> servedModelNames = List.of();
    private final EngineSettingsBuilder engine = EngineSettings.builder();
    private LatencyModel latency = LatencyModel.Compact.LLAMA_8B_H100;
    private @Nullable GpuModel gpu;
    private @Nullable ModelArchitecture architecture;
    private int tensorParallel = 1;
    private int weightBytes = 2;
    private double memoryUtilization = 0.9;
    private double stepOverheadNanos = -1;
    private @Nullable Integer kvBlocks;
    private @Nullable Integer maxNumSeqs;
    private @Nullable Integer maxNumBatchedTokens;
    private int blockSize = 16;
    private OutputLength outputLength = new OutputLength.LogNormal(128, 0.8);
    private int maxWaitingQueueLength = 0;
    private int maxBodyBytes = 64 << 20;
    private Duration idleTimeout = Duration.ofSeconds(75);
    private boolean promptTokensDetails = true;
    private ErrorFormat errorFormat = ErrorFormat.NESTED;
    private String version = "0.32.0";
    private int embeddingDimensions = 384;
    private int imageTokens = 256;
    private final ApiSettingsBuilder api = new ApiSettingsBuilder();
    private @Nullable Path tokenizer;

    SimulatorSettingsBuilder() {}

    /** Sets {@link SimulatorSettings#host()}. */
    public SimulatorSettingsBuilder host(String value) {
        host = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#port()}. */
    public SimulatorSettingsBuilder port(int value) {
        port = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#model()}. */
    public SimulatorSettingsBuilder model(String value) {
        model = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#servedModelNames()}. */
    public SimulatorSettingsBuilder servedModelNames(List<String> value) {
        servedModelNames = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxNumSeqs()}. */
    public SimulatorSettingsBuilder maxNumSeqs(int value) {
        maxNumSeqs = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxNumBatchedTokens()}. */
    public SimulatorSettingsBuilder maxNumBatchedTokens(int value) {
        maxNumBatchedTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#blockTokens()}. */
    public SimulatorSettingsBuilder blockSize(int value) {
        blockSize = value;
        return this;
    }

    /** Sets {@link EngineSettings#blocks()}. */
    public SimulatorSettingsBuilder kvBlocks(int value) {
        kvBlocks = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxModelLen()}. */
    public SimulatorSettingsBuilder maxModelLen(int value) {
        engine.maxModelLen(value);
        return this;
    }

    /** Sets {@link EngineSettings#prefixCaching()}. */
    public SimulatorSettingsBuilder prefixCaching(boolean value) {
        engine.prefixCaching(value);
        return this;
    }

    /** Sets {@link EngineSettings#latency()}. */
    public SimulatorSettingsBuilder latency(LatencyModel value) {
        latency = value;
        return this;
    }

    /** Sets {@link EngineSettings#timeScale()}. */
    public SimulatorSettingsBuilder timeScale(double value) {
        engine.timeScale(value);
        return this;
    }

    /** Sets {@link EngineSettings#noiseCv()}. */
    public SimulatorSettingsBuilder noiseCv(double value) {
        engine.noiseCv(value);
        return this;
    }

    /** Sets {@link SimulatorSettings#seed()}. */
    public SimulatorSettingsBuilder seed(long value) {
        engine.seed(value);
        return this;
    }

    /** Sets {@link EngineSettingsBuilder#hashSeed}. */
    public SimulatorSettingsBuilder hashSeed(String value) {
        engine.hashSeed(value);
        return this;
    }

    /** Sets {@link SimulatorSettings#outputLength()}. */
    public SimulatorSettingsBuilder outputLength(OutputLength value) {
        outputLength = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxWaitingQueueLength()}. */
    public SimulatorSettingsBuilder maxWaitingQueueLength(int value) {
        maxWaitingQueueLength = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxBodyBytes()}. */
    public SimulatorSettingsBuilder maxBodyBytes(int value) {
        maxBodyBytes = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#idleTimeout()}. */
    public SimulatorSettingsBuilder idleTimeout(Duration value) {
        idleTimeout = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#promptTokensDetails()}. */
    public SimulatorSettingsBuilder promptTokensDetails(boolean value) {
        promptTokensDetails = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#errorFormat()}. */
    public SimulatorSettingsBuilder errorFormat(ErrorFormat value) {
        errorFormat = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#version()}. */
    public SimulatorSettingsBuilder version(String value) {
        version = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#embeddingDimensions()}. */
    public SimulatorSettingsBuilder embeddingDimensions(int value) {
        embeddingDimensions = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#imageTokens()}. */
    public SimulatorSettingsBuilder imageTokens(int value) {
        imageTokens = value;
        return this;
    }

    /** Chooses step times and memory of a GPU; {@link #architecture} says of which model. */
    public SimulatorSettingsBuilder gpu(GpuModel value) {
        gpu = value;
        return this;
    }

    /** Sets the shape of the model on a {@link #gpu}; by default what the model's name tells. */
    public SimulatorSettingsBuilder architecture(ModelArchitecture value) {
        architecture = value;
        return this;
    }

    /** Sets {@link Deployment#tensorParallel()}. */
    public SimulatorSettingsBuilder tensorParallel(int value) {
        tensorParallel = value;
        return this;
    }

    /** Sets {@link Deployment#weightBytes()}. */
    public SimulatorSettingsBuilder weightBytes(int value) {
        weightBytes = value;
        return this;
    }

    /** Sets the share of the GPU memory that the engine takes. */
    public SimulatorSettingsBuilder memoryUtilization(double value) {
        memoryUtilization = value;
        return this;
    }

    /** Sets the engine's overhead of a step on a {@link #gpu}, which depends on the version of vLLM. */
    public SimulatorSettingsBuilder stepOverhead(Duration value) {
        stepOverheadNanos = value.toNanos();
        return this;
    }

    /** Changes other settings of the engine. */
    public SimulatorSettingsBuilder engine(Consumer<EngineSettingsBuilder> change) {
        change.accept(engine);
        return this;
    }

    /** Changes settings of the HTTP API. */
    public SimulatorSettingsBuilder api(Consumer<ApiSettingsBuilder> change) {
        change.accept(api);
        return this;
    }

    /** Sets {@link SimulatorSettings#tokenizer()}. */
    public SimulatorSettingsBuilder tokenizer(@Nullable Path value) {
        tokenizer = value;
        return this;
    }

    /** Sets one constant time, keeping the other ones; the latency model becomes {@link LatencyModel.Constant}. */
    public SimulatorSettingsBuilder constantLatency(ConstantTime time, Duration value) {
        latency = time.with(constant(), value.toNanos());
        return this;
    }

    /** Chooses {@link LatencyModel.Constant}, keeping constant times that are set already; the others are 0. */
    public SimulatorSettingsBuilder constantLatency() {
        latency = constant();
        return this;
    }

    private LatencyModel.Constant constant() {
        return latency instanceof LatencyModel.Constant constant ? constant : new LatencyModel.Constant(0, 0, 0, 0);
    }

    /**
     * Sets what an option names, see {@link SimulatorOption}.
     *
     * @throws IllegalArgumentException if the option is unknown or its value is bad
     */
    public SimulatorSettingsBuilder option(String name, String value) {
        SimulatorOption.of(name).apply(this, value);
        return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting that is out of range
     */
    public SimulatorSettings build() {
        Deployment deployment = deployment();
        return new SimulatorSettings(
                host,
                port,
                model,
                servedModelNames,
                engineSettings(deployment),
                deployment,
                outputLength,
                maxWaitingQueueLength,
                maxBodyBytes,
                idleTimeout,
                promptTokensDetails,
                errorFormat,
                version,
                embeddingDimensions,
                imageTokens,
                api.build(),
                tokenizer);
    }

    private @Nullable Deployment deployment() {
        if (gpu == null) {
            return null;
        }
        GpuModel device = stepOverheadNanos < 0 ? gpu : gpu.withStepNanos(stepOverheadNanos);
        ModelArchitecture shape = architecture == null ? architectureOf(model) : architecture;
        return new Deployment(shape, device, tensorParallel, weightBytes);
    }

    private EngineSettings engineSettings(@Nullable Deployment deployment) {
        engine.blockTokens(blockSize);
        if (deployment == null) {
            engine.latency(latency)
                    .blocks(orElse(kvBlocks, 8192))
                    .maxNumSeqs(orElse(maxNumSeqs, 1024))
                    .maxNumBatchedTokens(orElse(maxNumBatchedTokens, 8192));
        } else {
            engine.latency(new PhysicsLatency(deployment))
                    .blocks(kvBlocks == null ? deployment.blocks(blockSize, memoryUtilization) : kvBlocks)
                    .maxNumSeqs(orElse(maxNumSeqs, deployment.defaultSequences()))
                    .maxNumBatchedTokens(orElse(maxNumBatchedTokens, deployment.defaultBatchedTokens()));
        }
        return engine.build();
    }

    private static ModelArchitecture architectureOf(String model) {
        String name = model.toLowerCase(Locale.ROOT);
        return ModelArchitecture.presets().stream()
                .filter(preset -> name.contains(preset.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("architecture: not known for model " + model
                        + " (expected: one of "
                        + ModelArchitecture.presets().stream()
                                .map(ModelArchitecture::name)
                                .collect(Collectors.joining(", "))
                        + ")"));
    }

    private static int orElse(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }
}
