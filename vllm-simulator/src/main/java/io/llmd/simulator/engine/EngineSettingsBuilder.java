package io.llmd.simulator.engine;

import org.jspecify.annotations.Nullable;

/** Builds {@link EngineSettings}; what is not set keeps its default. Not thread-safe. */
public final class EngineSettingsBuilder {
    private int maxNumSeqs = 1024;
    private int maxNumBatchedTokens = 8192;
    private int longPrefillTokens = 0;
    private int blockTokens = 16;
    private int blocks = 8192;
    private int maxModelLen = 32_768;
    private boolean prefixCaching = true;
    private OrderingPolicy ordering = OrderingPolicy.FCFS;
    private LatencyModel latency = LatencyModel.Compact.LLAMA_8B_H100;
    private double timeScale = 1;
    private double noiseCv = 0;
    private long seed = 0;
    private AdapterSettings adapters = AdapterSettings.DEFAULTS;
    private EncoderSettings encoder = EncoderSettings.DEFAULTS;
    private long leaseNanos = 30_000_000_000L;
    private LoadFailurePolicy loadFailure = LoadFailurePolicy.FAIL;
    private double blockSample = 0;
    private String hashSeed = "0";
    private @Nullable BlockHasher hasher;

    EngineSettingsBuilder() {}

    /** Sets {@link EngineSettings#maxNumSeqs()}. */
    public EngineSettingsBuilder maxNumSeqs(int value) {
        maxNumSeqs = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxNumBatchedTokens()}. */
    public EngineSettingsBuilder maxNumBatchedTokens(int value) {
        maxNumBatchedTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#longPrefillTokens()}. */
    public EngineSettingsBuilder longPrefillTokens(int value) {
        longPrefillTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#blockTokens()}. */
    public EngineSettingsBuilder blockTokens(int value) {
        blockTokens = value;
        return this;
    }

    /** Sets {@link EngineSettings#blocks()}. */
    public EngineSettingsBuilder blocks(int value) {
        blocks = value;
        return this;
    }

    /** Sets {@link EngineSettings#maxModelLen()}. */
    public EngineSettingsBuilder maxModelLen(int value) {
        maxModelLen = value;
        return this;
    }

    /** Sets {@link EngineSettings#prefixCaching()}. */
    public EngineSettingsBuilder prefixCaching(boolean value) {
        prefixCaching = value;
        return this;
    }

    /** Sets {@link EngineSettings#ordering()}. */
    public EngineSettingsBuilder ordering(OrderingPolicy value) {
        ordering = value;
        return this;
    }

    /** Sets {@link EngineSettings#latency()}. */
    public EngineSettingsBuilder latency(LatencyModel value) {
        latency = value;
        return this;
    }

    /** Sets {@link EngineSettings#timeScale()}. */
    public EngineSettingsBuilder timeScale(double value) {
        timeScale = value;
        return this;
    }

    /** Sets {@link EngineSettings#noiseCv()}. */
    public EngineSettingsBuilder noiseCv(double value) {
        noiseCv = value;
        return this;
    }

    /** Sets {@link EngineSettings#seed()}. */
    public EngineSettingsBuilder seed(long value) {
        seed = value;
        return this;
    }

    /** Sets {@link EngineSettings#adapters()}. */
    public EngineSettingsBuilder adapters(AdapterSettings value) {
        adapters = value;
        return this;
    }

    /** Sets {@link EngineSettings#encoder()}. */
    public EngineSettingsBuilder encoder(EncoderSettings value) {
        encoder = value;
        return this;
    }

    /** Sets {@link EngineSettings#leaseNanos()}. */
    public EngineSettingsBuilder leaseNanos(long value) {
        leaseNanos = value;
        return this;
    }

    /** Sets {@link EngineSettings#loadFailure()}. */
    public EngineSettingsBuilder loadFailure(LoadFailurePolicy value) {
        loadFailure = value;
        return this;
    }

    /** Sets {@link EngineSettings#blockSample()}. */
    public EngineSettingsBuilder blockSample(double value) {
        blockSample = value;
        return this;
    }

    /** Sets the seed of the block hashes where no {@link #hasher} is set. */
    public EngineSettingsBuilder hashSeed(String value) {
        hashSeed = value;
        return this;
    }

    /** Sets {@link EngineSettings#hasher()}; it must take blocks of {@link #blockTokens} tokens. */
    public EngineSettingsBuilder hasher(BlockHasher value) {
        hasher = value;
        return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting that is out of range
     */
    public EngineSettings build() {
        BlockHasher names = hasher == null ? new FastBlockHasher(hashSeed, blockTokens) : hasher;
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
                names,
                adapters,
                encoder,
                leaseNanos,
                loadFailure,
                blockSample);
    }
}
