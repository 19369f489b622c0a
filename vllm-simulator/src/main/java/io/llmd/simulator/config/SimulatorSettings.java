package io.llmd.simulator.config;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Settings of one simulated endpoint; the defaults are Llama-3.1-8B on one H100 under the name {@code sim-8b}.
 *
 * @param host address to listen on
 * @param port TCP port, 0 for a free one
 * @param model name of the model
 * @param servedModelNames names that requests may use, the first one in answers; the model's name if empty
 * @param maxNumSeqs sequences in one batch
 * @param maxNumBatchedTokens tokens computed in one step
 * @param blockSize tokens in one KV block
 * @param kvBlocks KV blocks, one of which is reserved
 * @param maxModelLen prompt and output tokens of one sequence
 * @param prefixCaching whether finished blocks are found again
 * @param latency step time
 * @param timeScale factor on all modelled times
 * @param noiseCv coefficient of variation of the step time
 * @param seed of output texts, output lengths and noise
 * @param hashSeed of the block hashes
 * @param outputLength length of answers where the request does not say
 * @param maxWaitingQueueLength waiting requests beyond which new ones get 429; 0 for no bound
 * @param maxBodyBytes request bodies beyond it get 413
 * @param idleTimeout connections without a request are closed after it
 * @param promptTokensDetails whether usage tells cached tokens
 * @param errorFormat shape of error bodies
 * @param version vLLM version to report
 * @param embeddingDimensions length of embedding vectors
 * @param imageTokens prompt tokens of one image, sound or video
 */
public record SimulatorSettings(
        String host,
        int port,
        String model,
        List<String> servedModelNames,
        int maxNumSeqs,
        int maxNumBatchedTokens,
        int blockSize,
        int kvBlocks,
        int maxModelLen,
        boolean prefixCaching,
        LatencyModel latency,
        double timeScale,
        double noiseCv,
        long seed,
        String hashSeed,
        OutputLength outputLength,
        int maxWaitingQueueLength,
        int maxBodyBytes,
        Duration idleTimeout,
        boolean promptTokensDetails,
        ErrorFormat errorFormat,
        String version,
        int embeddingDimensions,
        int imageTokens) {
    public SimulatorSettings {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(outputLength, "outputLength");
        Objects.requireNonNull(errorFormat, "errorFormat");
        Objects.requireNonNull(version, "version");
        range("port", port, 0, 65_535);
        range("maxWaitingQueueLength", maxWaitingQueueLength, 0, Integer.MAX_VALUE);
        range("maxBodyBytes", maxBodyBytes, 1, Integer.MAX_VALUE);
        range("embeddingDimensions", embeddingDimensions, 1, 65_536);
        range("imageTokens", imageTokens, 1, 1 << 20);
        if (model.isBlank()) {
            throw new IllegalArgumentException("model: blank (expected: a name)");
        }
        if (!idleTimeout.isPositive()) {
            throw new IllegalArgumentException("idleTimeout: " + idleTimeout + " (expected: > 0)");
        }
        servedModelNames = servedModelNames.isEmpty() ? List.of(model) : List.copyOf(servedModelNames);
        engine(
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
                hashSeed);
    }

    /** Starts from the defaults. */
    public static SimulatorSettingsBuilder builder() {
        return new SimulatorSettingsBuilder();
    }

    /** The defaults. */
    public static SimulatorSettings defaults() {
        return builder().build();
    }

    /**
     * Settings from command-line options, see {@link SimulatorOption}.
     *
     * @param options values by option name, names without dashes in front
     * @throws IllegalArgumentException naming the option that is unknown or has a bad value
     */
    public static SimulatorSettings fromOptions(Map<String, String> options) {
        SimulatorSettingsBuilder builder = builder();
        options.forEach(builder::option);
        return builder.build();
    }

    /** The name of the model in answers. */
    public String servedModelName() {
        return servedModelNames.getFirst();
    }

    /** What the engine needs to know. */
    public EngineSettings engine() {
        return engine(
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
                hashSeed);
    }

    private static EngineSettings engine(
            int maxNumSeqs,
            int maxNumBatchedTokens,
            int blockSize,
            int kvBlocks,
            int maxModelLen,
            boolean prefixCaching,
            LatencyModel latency,
            double timeScale,
            double noiseCv,
            long seed,
            String hashSeed) {
        return new EngineSettings(
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
                hashSeed);
    }

    private static void range(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }
}
