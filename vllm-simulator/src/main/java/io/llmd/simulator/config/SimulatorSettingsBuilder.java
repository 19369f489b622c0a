package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;
import java.time.Duration;
import java.util.List;

/** Builds {@link SimulatorSettings}; what is not set keeps its default. Not thread-safe. */
public final class SimulatorSettingsBuilder {
    private String host = "127.0.0.1";
    private int port = 8000;
    private String model = "sim-8b";
    private List<String> servedModelNames = List.of();
    private int maxNumSeqs = 1024;
    private int maxNumBatchedTokens = 8192;
    private int blockSize = 16;
    private int kvBlocks = 8192;
    private int maxModelLen = 32_768;
    private boolean prefixCaching = true;
    private LatencyModel latency = LatencyModel.Compact.LLAMA_8B_H100;
    private double timeScale = 1;
    private double noiseCv = 0;
    private long seed = 0;
    private String hashSeed = "0";
    private OutputLength outputLength = new OutputLength.LogNormal(128, 0.8);
    private int maxWaitingQueueLength = 0;
    private int maxBodyBytes = 64 << 20;
    private Duration idleTimeout = Duration.ofSeconds(75);
    private boolean promptTokensDetails = true;
    private ErrorFormat errorFormat = ErrorFormat.NESTED;
    private String version = "0.21.0";
    private int embeddingDimensions = 384;
    private int imageTokens = 256;

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

    /** Sets {@link SimulatorSettings#maxNumSeqs()}. */
    public SimulatorSettingsBuilder maxNumSeqs(int value) {
        maxNumSeqs = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxNumBatchedTokens()}. */
    public SimulatorSettingsBuilder maxNumBatchedTokens(int value) {
        maxNumBatchedTokens = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#blockSize()}. */
    public SimulatorSettingsBuilder blockSize(int value) {
        blockSize = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#kvBlocks()}. */
    public SimulatorSettingsBuilder kvBlocks(int value) {
        kvBlocks = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#maxModelLen()}. */
    public SimulatorSettingsBuilder maxModelLen(int value) {
        maxModelLen = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#prefixCaching()}. */
    public SimulatorSettingsBuilder prefixCaching(boolean value) {
        prefixCaching = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#latency()}. */
    public SimulatorSettingsBuilder latency(LatencyModel value) {
        latency = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#timeScale()}. */
    public SimulatorSettingsBuilder timeScale(double value) {
        timeScale = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#noiseCv()}. */
    public SimulatorSettingsBuilder noiseCv(double value) {
        noiseCv = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#seed()}. */
    public SimulatorSettingsBuilder seed(long value) {
        seed = value;
        return this;
    }

    /** Sets {@link SimulatorSettings#hashSeed()}. */
    public SimulatorSettingsBuilder hashSeed(String value) {
        hashSeed = value;
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
        return new SimulatorSettings(
                host,
                port,
                model,
                servedModelNames,
                maxNumSeqs,
                maxNumBatchedTokens,
                blockSize,
                kvBlocks,
                maxModelLen,
                prefixCaching,
                latency,
                timeScale,
                noiseCv,
                seed,
                hashSeed,
                outputLength,
                maxWaitingQueueLength,
                maxBodyBytes,
                idleTimeout,
                promptTokensDetails,
                errorFormat,
                version,
                embeddingDimensions,
                imageTokens);
    }
}
