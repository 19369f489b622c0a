package io.llmd.simulator.config;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.kvevents.BlockHashing;
import io.llmd.simulator.kvevents.KvEventSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one simulated endpoint; the defaults are Llama-3.1-8B on one H100 under the name {@code sim-8b}.
 *
 * @param host address to listen on
 * @param port TCP port, 0 for a free one
 * @param model name of the model
 * @param servedModelNames names that requests may use, the first one in answers; the model's name if empty
 * @param engine what the engine can hold and how fast it is
 * @param deployment model and GPUs behind the step times; absent if these are given otherwise
 * @param outputLength length of answers where the request does not say
 * @param admission bounds beyond which requests are refused
 * @param maxBodyBytes request bodies beyond it get 413
 * @param idleTimeout connections without a request are closed after it
 * @param promptTokensDetails whether usage tells cached tokens
 * @param errorFormat shape of error bodies
 * @param preset the version of vLLM that is emulated
 * @param embeddingDimensions length of embedding vectors
 * @param imageTokens prompt tokens of one image, sound or video
 * @param api the HTTP API
 * @param answers what answers say
 * @param tokenizer a tokenizer.json or a folder that has one; null for the tokenizer that needs no files
 * @param lora adapters
 * @param kvEvents where changes of the cache are published; null for nowhere
 * @param blockHashing how blocks are named there
 * @param handoff the part in requests that several endpoints serve
 * @param memoryUtilization share of the GPU memory that the engine takes
 * @param metrics what the metrics page tells
 * @param faults what goes wrong from the start on
 * @param dataParallel ranks of the engine
 * @param control what operators may do to the running endpoint
 */
public record SimulatorSettings(
        String host,
        int port,
        String model,
        List<String> servedModelNames,
        EngineSettings engine,
        @Nullable Deployment deployment,
        OutputLength outputLength,
        AdmissionSettings admission,
        int maxBodyBytes,
        Duration idleTimeout,
        boolean promptTokensDetails,
        ErrorFormat errorFormat,
        VersionPreset preset,
        int embeddingDimensions,
        int imageTokens,
        ApiSettings api,
        AnswerSettings answers,
        @Nullable Path tokenizer,
        LoraSettings lora,
        @Nullable KvEventSettings kvEvents,
        BlockHashing blockHashing,
        HandoffSettings handoff,
        double memoryUtilization,
        MetricsSettings metrics,
        FaultSettings faults,
        DataParallelSettings dataParallel,
        ControlSettings control) {
    public SimulatorSettings {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(blockHashing, "blockHashing");
        Objects.requireNonNull(outputLength, "outputLength");
        Objects.requireNonNull(errorFormat, "errorFormat");
        Objects.requireNonNull(preset, "preset");
        Objects.requireNonNull(api, "api");
        Objects.requireNonNull(lora, "lora");
        Objects.requireNonNull(handoff, "handoff");
        Objects.requireNonNull(faults, "faults");
        Objects.requireNonNull(metrics, "metrics");
        Objects.requireNonNull(dataParallel, "dataParallel");
        Objects.requireNonNull(control, "control");
        if (!(memoryUtilization > 0 && memoryUtilization <= 1)) {
            throw new IllegalArgumentException("memoryUtilization: " + memoryUtilization + " (expected: above 0 to 1)");
        }
        Objects.requireNonNull(answers, "answers");
        range("port", port, 0, 65_535);
        Objects.requireNonNull(admission, "admission");
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
        for (LoraModule module : lora.modules()) {
            if (servedModelNames.contains(module.name())) {
                throw new IllegalArgumentException(
                        "adapter " + module.name() + ": name of the model (expected: another name)");
            }
        }
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

    /** The version of vLLM to report. */
    public String version() {
        return preset.version();
    }

    /** Prompt and output tokens of one sequence. */
    public int maxModelLen() {
        return engine.maxModelLen();
    }

    /** Seed of output texts, output lengths and noise. */
    public long seed() {
        return engine.seed();
    }

    private static void range(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }
}
