package io.llmd.simulator.config;

import io.llmd.simulator.engine.LatencyModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Command-line options of the simulator, with the names of vLLM and llm-d-inference-sim where these have them. */
public enum SimulatorOption {
    HOST("host", "address to listen on", SimulatorSettingsBuilder::host),
    PORT("port", "TCP port, 0 for a free one", (b, v) -> b.port(integer(v))),
    MODEL("model", "name of the model", SimulatorSettingsBuilder::model),
    SERVED_MODEL_NAME(
            "served-model-name",
            "names that requests may use, with commas between",
            (b, v) -> b.servedModelNames(list(v))),
    MAX_NUM_SEQS("max-num-seqs", "sequences in one batch", (b, v) -> b.maxNumSeqs(integer(v))),
    MAX_NUM_BATCHED_TOKENS(
            "max-num-batched-tokens", "tokens computed in one step", (b, v) -> b.maxNumBatchedTokens(integer(v))),
    BLOCK_SIZE("block-size", "tokens in one KV block", (b, v) -> b.blockSize(integer(v))),
    KV_CACHE_SIZE("kv-cache-size", "KV blocks", (b, v) -> b.kvBlocks(integer(v))),
    MAX_MODEL_LEN("max-model-len", "prompt and output tokens of one sequence", (b, v) -> b.maxModelLen(integer(v))),
    ENABLE_PREFIX_CACHING("enable-prefix-caching", "find finished blocks again", (b, v) -> b.prefixCaching(bool(v))),
    LATENCY_MODEL("latency-model", "constant, or a preset of the compact model", (b, v) -> latency(b, v)),
    TIME_TO_FIRST_TOKEN(
            "time-to-first-token",
            "constant model: step of a whole uncached prompt",
            (b, v) -> b.constantLatency(ConstantTime.TIME_TO_FIRST_TOKEN, duration(v))),
    INTER_TOKEN_LATENCY(
            "inter-token-latency",
            "constant model: step that decodes",
            (b, v) -> b.constantLatency(ConstantTime.INTER_TOKEN_LATENCY, duration(v))),
    PREFILL_OVERHEAD(
            "prefill-overhead",
            "constant model: fixed part of a prompt",
            (b, v) -> b.constantLatency(ConstantTime.PREFILL_OVERHEAD, duration(v))),
    PREFILL_TIME_PER_TOKEN(
            "prefill-time-per-token",
            "constant model: for each uncached prompt token",
            (b, v) -> b.constantLatency(ConstantTime.PREFILL_TIME_PER_TOKEN, duration(v))),
    TIME_SCALE("time-scale", "factor on all modelled times", (b, v) -> b.timeScale(decimal(v))),
    NOISE_CV("noise-cv", "coefficient of variation of the step time", (b, v) -> b.noiseCv(decimal(v))),
    SEED("seed", "of output texts, output lengths and noise", (b, v) -> b.seed(Long.parseLong(v))),
    HASH_SEED("hash-seed", "of the block hashes", SimulatorSettingsBuilder::hashSeed),
    OUTPUT_LENGTH(
            "output-length",
            "tokens of an answer: N, lognormal:MEDIAN:SIGMA, or lengths with commas between",
            (b, v) -> b.outputLength(outputLength(v))),
    MAX_WAITING_QUEUE_LENGTH(
            "max-waiting-queue-length",
            "waiting requests beyond which new ones get 429, 0 for no bound",
            (b, v) -> b.maxWaitingQueueLength(integer(v))),
    MAX_REQUEST_BODY_SIZE_MB(
            "max-request-body-size-mb",
            "larger request bodies get 413",
            (b, v) -> b.maxBodyBytes(Math.multiplyExact(integer(v), 1 << 20))),
    IDLE_TIMEOUT("idle-timeout", "idle connections are closed after it", (b, v) -> b.idleTimeout(duration(v))),
    ENABLE_PROMPT_TOKENS_DETAILS(
            "enable-prompt-tokens-details", "tell cached tokens in usage", (b, v) -> b.promptTokensDetails(bool(v))),
    ERROR_FORMAT(
            "error-format", "nested or flat", (b, v) -> b.errorFormat(ErrorFormat.valueOf(v.toUpperCase(Locale.ROOT)))),
    EMULATE_VERSION("emulate-version", "vLLM version to report", SimulatorSettingsBuilder::version),
    EMBEDDING_DIMENSIONS(
            "embedding-dimensions", "length of embedding vectors", (b, v) -> b.embeddingDimensions(integer(v))),
    IMAGE_TOKENS("image-tokens", "prompt tokens of one image, sound or video", (b, v) -> b.imageTokens(integer(v))),
    API_KEY("api-key", "keys that are let in, with commas between", (b, v) -> b.api(api -> api.keys(list(v)))),
    ENABLE_REQUEST_ID_HEADERS(
            "enable-request-id-headers",
            "put X-Request-Id on answers",
            (b, v) -> b.api(api -> api.requestIdHeaders(bool(v)))),
    ENABLE_SERVER_LOAD_TRACKING(
            "enable-server-load-tracking",
            "count requests in /load",
            (b, v) -> b.api(api -> api.loadTracking(bool(v)))),
    DISABLE_FASTAPI_DOCS(
            "disable-fastapi-docs",
            "serve neither /docs nor /openapi.json",
            (b, v) -> b.api(api -> api.documentation(!bool(v)))),
    TOKENIZER("tokenizer", "a tokenizer.json, or a folder that has one", (b, v) -> b.tokenizer(Path.of(v))),
    ENABLE_TOKENIZER_INFO_ENDPOINT(
            "enable-tokenizer-info-endpoint",
            "describe the tokenizer at /tokenizer_info",
            (b, v) -> b.api(api -> api.tokenizerInfo(bool(v))));

    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m)?");

    private final String optionName;
    private final String description;
    private final Setter setter;

    SimulatorOption(String optionName, String description, Setter setter) {
        this.optionName = optionName;
        this.description = description;
        this.setter = setter;
    }

    /** The option's name, without dashes in front. */
    public String optionName() {
        return optionName;
    }

    /** What the option sets, in a few words. */
    public String description() {
        return description;
    }

    /** The option of that name. */
    public static SimulatorOption of(String name) {
        for (SimulatorOption option : values()) {
            if (option.optionName.equals(name)) {
                return option;
            }
        }
        throw new IllegalArgumentException("unknown option: " + name + " (expected: one of "
                + Arrays.stream(values()).map(SimulatorOption::optionName).collect(Collectors.joining(", ")) + ")");
    }

    void apply(SimulatorSettingsBuilder builder, String value) {
        try {
            setter.set(builder, value);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(optionName + ": " + value + " (expected: " + description + ")", e);
        }
    }

    private static List<String> list(String value) {
        return Arrays.stream(value.split(","))
                .map(String::strip)
                .filter(element -> !element.isEmpty())
                .toList();
    }

    private static int integer(String value) {
        return Integer.parseInt(value);
    }

    private static double decimal(String value) {
        return Double.parseDouble(value);
    }

    private static boolean bool(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "1", "" -> true;
            case "false", "0" -> false;
            default -> throw new IllegalArgumentException(value);
        };
    }

    /** A number with ns, us, ms, s or m behind it; milliseconds without. */
    private static Duration duration(String value) {
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(value);
        }
        String unit = matcher.group(2) == null ? "ms" : matcher.group(2);
        double nanos = switch (unit) {
            case "ns" -> 1;
            case "us" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            default -> 6e10;
        };
        return Duration.ofNanos(Math.round(Double.parseDouble(matcher.group(1)) * nanos));
    }

    private static void latency(SimulatorSettingsBuilder builder, String value) {
        if (value.equals("constant")) {
            builder.constantLatency();
        } else {
            builder.latency(LatencyModel.Compact.preset(value).orElseThrow(() -> new IllegalArgumentException(value)));
        }
    }

    private static OutputLength outputLength(String value) {
        if (value.startsWith("lognormal:")) {
            String[] parts = value.split(":", -1);
            if (parts.length != 3) {
                throw new IllegalArgumentException(value);
            }
            return new OutputLength.LogNormal(decimal(parts[1]), decimal(parts[2]));
        }
        int[] lengths = Arrays.stream(value.split(","))
                .mapToInt(length -> integer(length.strip()))
                .toArray();
        return lengths.length == 1 ? new OutputLength.Fixed(lengths[0]) : new OutputLength.Empirical(lengths);
    }

    @FunctionalInterface
    private interface Setter {
        void set(SimulatorSettingsBuilder builder, String value);
    }
}
