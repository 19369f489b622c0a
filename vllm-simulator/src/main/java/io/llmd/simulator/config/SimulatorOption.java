package io.llmd.simulator.config;

import static io.llmd.simulator.config.OptionSetter.list;
import static io.llmd.simulator.config.OptionSetter.onOff;

import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.OrderingPolicy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Command-line options of the simulator, with the names of vLLM and llm-d-inference-sim where these have them. */
public enum SimulatorOption {
    CONFIG("config", "YAML file with options; what is given otherwise goes before it", (b, v) -> {
        throw new IllegalArgumentException(v);
    }),
    HOST("host", "address to listen on", SimulatorSettingsBuilder::host),
    PORT("port", "TCP port, 0 for a free one", (b, v) -> b.port(integer(v))),
    MODEL("model", "name of the model", SimulatorSettingsBuilder::model),
    SERVED_MODEL_NAME(
            "served-model-name",
            "names that requests may use, the first one in answers",
            list((b, v) -> b.servedModelNames(words(v)))),
    MAX_NUM_SEQS("max-num-seqs", "sequences in one batch", (b, v) -> b.maxNumSeqs(integer(v))),
    MAX_NUM_BATCHED_TOKENS(
            "max-num-batched-tokens", "tokens computed in one step", (b, v) -> b.maxNumBatchedTokens(integer(v))),
    LONG_PREFILL_TOKEN_THRESHOLD(
            "long-prefill-token-threshold",
            "most prompt tokens of one sequence in a step, 0 for no bound of its own",
            (b, v) -> b.engine(engine -> engine.longPrefillTokens(integer(v)))),
    SCHEDULING_POLICY(
            "scheduling-policy",
            "order of waiting requests: fcfs, or priority, which looks at the field priority first",
            (b, v) -> b.engine(ordering(v))),
    BLOCK_SIZE("block-size", "tokens in one KV block", (b, v) -> b.blockSize(integer(v))),
    KV_CACHE_SIZE("kv-cache-size", "KV blocks; also --num-gpu-blocks-override", (b, v) -> b.kvBlocks(integer(v))),
    MAX_MODEL_LEN("max-model-len", "prompt and output tokens of one sequence", (b, v) -> b.maxModelLen(integer(v))),
    ENABLE_PREFIX_CACHING(
            "enable-prefix-caching",
            "find finished blocks again; also --enable-kvcache",
            onOff(SimulatorSettingsBuilder::prefixCaching)),
    GPU(
            "gpu",
            "GPU that gives step times and memory: " + names(GpuModel.presets(), GpuModel::name),
            (b, v) -> b.gpu(GpuModel.preset(v).orElseThrow(() -> new IllegalArgumentException(v)))),
    ARCHITECTURE(
            "architecture",
            "model on the GPU: " + names(ModelArchitecture.presets(), ModelArchitecture::name),
            (b, v) -> b.architecture(ModelArchitecture.preset(v).orElseThrow(() -> new IllegalArgumentException(v)))),
    TENSOR_PARALLEL_SIZE(
            "tensor-parallel-size", "GPUs that share the model; also -tp", (b, v) -> b.tensorParallel(integer(v))),
    DTYPE("dtype", "type of the weights: auto, half, float16, bfloat16", (b, v) -> dtype(v)),
    QUANTIZATION("quantization", "fp8 for weights of one byte; also -q", SimulatorOption::quantization),
    KV_CACHE_DTYPE(
            "kv-cache-dtype",
            "type of the KV cache on a GPU: auto, half, float16, bfloat16; fp8, fp8_e4m3, fp8_e5m2 for one byte",
            (b, v) -> b.kvValueBytes(kvValueBytes(v))),
    STEP_OVERHEAD(
            "step-overhead",
            "engine's overhead of a step on a GPU; by default what the version has",
            (b, v) -> b.stepOverhead(DurationText.parse(v))),
    GPU_MEMORY_UTILIZATION(
            "gpu-memory-utilization",
            "share of the GPU memory that the engine takes, in (0, 1]",
            (b, v) -> b.memoryUtilization(decimal(v))),
    LATENCY_MODEL(
            "latency-model",
            "step times without a GPU: constant, table:FILE.csv, or a preset: "
                    + names(LatencyModel.Compact.presets(), LatencyModel.Compact::name),
            SimulatorOption::latency),
    LATENCY_CALCULATOR(
            "latency-calculator",
            "what a prompt takes in the constant model: constant for time-to-first-token, per-token for the other two",
            (b, v) -> b.latencyCalculator(calculator(v))),
    TIME_TO_FIRST_TOKEN(
            "time-to-first-token",
            "constant model: step of a whole uncached prompt",
            (b, v) -> b.constantLatency(ConstantTime.TIME_TO_FIRST_TOKEN, DurationText.parse(v))),
    TIME_TO_FIRST_TOKEN_STD_DEV(
            "time-to-first-token-std-dev",
            "its standard deviation, at most 30 % of it",
            (b, v) -> b.constantLatency(ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV, DurationText.parse(v))),
    INTER_TOKEN_LATENCY(
            "inter-token-latency",
            "constant model: step that decodes",
            (b, v) -> b.constantLatency(ConstantTime.INTER_TOKEN_LATENCY, DurationText.parse(v))),
    INTER_TOKEN_LATENCY_STD_DEV(
            "inter-token-latency-std-dev",
            "its standard deviation, at most 30 % of it",
            (b, v) -> b.constantLatency(ConstantTime.INTER_TOKEN_LATENCY_STD_DEV, DurationText.parse(v))),
    PREFILL_OVERHEAD(
            "prefill-overhead",
            "constant model: fixed part of a prompt",
            (b, v) -> b.constantLatency(ConstantTime.PREFILL_OVERHEAD, DurationText.parse(v))),
    PREFILL_TIME_PER_TOKEN(
            "prefill-time-per-token",
            "constant model: for each uncached prompt token",
            (b, v) -> b.constantLatency(ConstantTime.PREFILL_TIME_PER_TOKEN, DurationText.parse(v))),
    PREFILL_TIME_STD_DEV(
            "prefill-time-std-dev",
            "standard deviation of the two together",
            (b, v) -> b.constantLatency(ConstantTime.PREFILL_TIME_STD_DEV, DurationText.parse(v))),
    TIME_FACTOR_UNDER_LOAD(
            "time-factor-under-load",
            "constant model: factor on the steps of a full batch, at least 1",
            (b, v) -> b.timeFactorUnderLoad(decimal(v))),
    TIME_SCALE("time-scale", "factor on all modelled times", (b, v) -> b.timeScale(decimal(v))),
    NOISE_CV("noise-cv", "coefficient of variation of the step time", (b, v) -> b.noiseCv(decimal(v))),
    SEED("seed", "of output texts, output lengths and noise", (b, v) -> b.seed(Long.parseLong(v))),
    HASH_SEED(
            "hash-seed",
            "of the block hashes, as PYTHONHASHSEED; random for an engine that runs without",
            SimulatorSettingsBuilder::hashSeed),
    PREFIX_CACHING_HASH_ALGO(
            "prefix-caching-hash-algo",
            "of the block hashes in KV events: sha256, sha256_cbor, xxhash, xxhash_cbor",
            (b, v) -> b.kvEventDraft(events -> events.algorithm(v))),
    KV_EVENTS_CONFIG(
            "kv-events-config",
            "KV events as in vLLM: a JSON object with enable_kv_cache_events, endpoint, replay_endpoint, topic, ...",
            (b, v) -> b.kvEventDraft(events -> events.config(v))),
    ZMQ_ENDPOINT(
            "zmq-endpoint",
            "publish KV events here: bound if it has a *, else dialled",
            (b, v) -> b.kvEventDraft(events -> events.endpoint(v))),
    KV_EVENTS_REPLAY_ENDPOINT(
            "kv-events-replay-endpoint",
            "answer requests for missed KV events here",
            (b, v) -> b.kvEventDraft(events -> events.replayEndpoint(v))),
    USE_VLLM_MAP_EVENT_FORMAT(
            "use-vllm-map-event-format",
            "write KV events as maps, or as arrays; by default as the version does",
            onOff((b, on) -> b.kvEventDraft(events -> events.maps(on)))),
    KV_EVENTS_USE_INT_BLOCK_HASHES(
            "kv-events-use-int-block-hashes",
            "write block hashes as 64-bit numbers, or as whole digests",
            onOff((b, on) -> b.kvEventDraft(events -> events.integerHashes(on)))),
    OUTPUT_LENGTH(
            "output-length",
            "tokens of an answer: N, lognormal:MEDIAN:SIGMA, or lengths with commas between",
            (b, v) -> b.outputLength(outputLength(v))),
    MAX_WAITING_QUEUE_LENGTH(
            "max-waiting-queue-length",
            "waiting requests beyond which new ones get 429, 0 for no bound",
            (b, v) -> b.maxWaitingQueueLength(integer(v))),
    MAX_NUM_QUEUED_REQS(
            "max-num-queued-reqs",
            "sequences in progress beyond which new requests get 503, 0 for no bound",
            (b, v) -> b.maxQueuedRequests(integer(v))),
    MAX_NUM_QUEUED_TOKENS(
            "max-num-queued-tokens",
            "prompt tokens without output yet from which on new requests get 503, 0 for no bound",
            (b, v) -> b.maxQueuedTokens(Long.parseLong(v))),
    MAX_REQUEST_BODY_SIZE_MB(
            "max-request-body-size-mb",
            "larger request bodies get 413",
            (b, v) -> b.maxBodyBytes(Math.multiplyExact(integer(v), 1 << 20))),
    IDLE_TIMEOUT(
            "idle-timeout", "idle connections are closed after it", (b, v) -> b.idleTimeout(DurationText.parse(v))),
    ENABLE_PROMPT_TOKENS_DETAILS(
            "enable-prompt-tokens-details",
            "tell cached tokens in usage",
            onOff(SimulatorSettingsBuilder::promptTokensDetails)),
    ERROR_FORMAT(
            "error-format",
            "shape of error bodies: nested or flat; by default that of the version",
            (b, v) -> b.errorFormat(ErrorFormat.valueOf(v.toUpperCase(Locale.ROOT)))),
    EMULATE_VERSION(
            "emulate-version",
            "vLLM version that is emulated: one like 0.32.0, or main",
            (b, v) -> b.version(VersionPreset.of(v).version())),
    EMBEDDING_DIMENSIONS(
            "embedding-dimensions",
            "length of embedding vectors; also --default-embedding-dimensions",
            (b, v) -> b.embeddingDimensions(integer(v))),
    IMAGE_TOKENS("image-tokens", "prompt tokens of one image, sound or video", (b, v) -> b.imageTokens(integer(v))),
    ENCODER_BASE_TIME(
            "encoder-base-time",
            "time of the encoder for each image, sound or video",
            (b, v) -> b.encoder(
                    encoder -> encoder.withBaseNanos(DurationText.parse(v).toNanos()))),
    ENCODER_TIME_PER_TOKEN(
            "encoder-time-per-token",
            "time of the encoder for each of its tokens",
            (b, v) -> b.encoder(
                    encoder -> encoder.withPerTokenNanos(DurationText.parse(v).toNanos()))),
    ENCODER_CACHE_SIZE(
            "encoder-cache-size",
            "tokens whose embeddings the encoder keeps",
            (b, v) -> b.encoder(encoder -> encoder.withCacheTokens(integer(v)))),
    MM_ENCODER_ONLY(
            "mm-encoder-only",
            "run the encoder alone, without prefill and decode",
            onOff((b, on) -> b.encoder(encoder -> encoder.withEncodeOnly(on)))),
    ENABLE_LORA("enable-lora", "have adapters", onOff((b, on) -> b.lora(lora -> lora.enabled(on)))),
    LORA_MODULES(
            "lora-modules",
            "adapters: name=path, or JSON objects with name and path",
            list((b, v) -> b.lora(
                    lora -> lora.modules(v.stream().map(LoraModule::parse).toList())))),
    MAX_LORAS("max-loras", "distinct adapters in one step", (b, v) -> b.lora(lora -> lora.maxAdapters(integer(v)))),
    MAX_CPU_LORAS(
            "max-cpu-loras",
            "adapters kept in host memory, at least max-loras",
            (b, v) -> b.lora(lora -> lora.maxHostAdapters(integer(v)))),
    MAX_LORA_RANK(
            "max-lora-rank",
            "rank of the adapters: 1, 8, 16, 32, 64, 128, 256, 320 or 512",
            (b, v) -> b.lora(lora -> lora.rank(integer(v)))),
    ALLOW_RUNTIME_LORA_UPDATING(
            "allow-runtime-lora-updating",
            "let requests load and unload adapters",
            onOff((b, on) -> b.lora(lora -> lora.runtimeUpdating(on)))),
    KV_CACHE_METRICS(
            "kv-cache-metrics",
            "measure how long KV blocks stay",
            onOff((b, on) -> b.metrics(metrics -> metrics.blocks(on)))),
    KV_CACHE_METRICS_SAMPLE(
            "kv-cache-metrics-sample",
            "share of the KV blocks that are measured, above 0 to 1",
            (b, v) -> b.metrics(metrics -> metrics.blockSample(decimal(v)))),
    SHOW_HIDDEN_METRICS_FOR_VERSION(
            "show-hidden-metrics-for-version",
            "show meters of an older version, too",
            (b, v) -> b.metrics(metrics -> metrics.alsoOf(VersionPreset.of(v)))),
    FAKE_METRICS(
            "fake-metrics",
            "metrics told instead of the real ones, a JSON object",
            (b, v) -> b.metrics(metrics -> metrics.fake(FakeMetrics.parse(v)))),
    FAILURE_INJECTION_RATE(
            "failure-injection-rate",
            "percentage of the requests to the model that get an error",
            (b, v) -> b.faults(faults -> faults.withFailurePercent(integer(v)))),
    FAILURE_TYPES(
            "failure-types",
            "which errors: rate_limit, invalid_api_key, context_length, server_error, invalid_request, model_not_found",
            list((b, v) -> b.faults(faults -> faults.withFailureTypes(
                    words(v).stream().map(FailureType::of).toList())))),
    FAULT_SCRIPT(
            "fault-script",
            "a YAML or JSON file with faults that come and go by the clock",
            (b, v) -> b.faults(faults -> faults.withScript(Path.of(v)))),
    SERVER_DEV_MODE(
            "server-dev-mode",
            "serve the routes of the development mode: sleep, pause, caches, information",
            onOff((b, on) -> b.control(control -> control.developmentMode(on)))),
    STARTUP_DURATION(
            "startup-duration",
            "time after the start in which /health/ready answers 503",
            (b, v) -> b.control(control -> control.startup(DurationText.parse(v)))),
    DATA_PARALLEL_SIZE("data-parallel-size", "data-parallel ranks; also -dp", (b, v) -> b.dataParallelSize(integer(v))),
    DATA_PARALLEL_EXTERNAL_LB(
            "data-parallel-external-lb",
            "each rank is an endpoint of its own, on the port and its rank",
            onOff(SimulatorSettingsBuilder::externalBalance)),
    DATA_PARALLEL_RANK(
            "data-parallel-rank",
            "start this rank only, as an endpoint of its own",
            (b, v) -> b.dataParallelRank(integer(v))),
    PODS("pods", "endpoints in this process, on consecutive ports", (b, v) -> b.endpoints(integer(v))),
    API_KEY("api-key", "keys that are let in", list((b, v) -> b.api(api -> api.keys(words(v))))),
    ENABLE_REQUEST_ID_HEADERS(
            "enable-request-id-headers",
            "put X-Request-Id on answers",
            onOff((b, on) -> b.api(api -> api.requestIdHeaders(on)))),
    OTLP_TRACES_ENDPOINT(
            "otlp-traces-endpoint",
            "collector of traces, OTLP over HTTP, such as http://collector:4318; without it the variables OTEL_* say",
            (b, v) -> b.api(api -> api.tracesEndpoint(v))),
    INFERENCE_POD(
            "inference-pod",
            "put this as x-inference-pod on answers, and the port as x-inference-port",
            (b, v) -> b.api(api -> api.identity(identity -> identity.withName(v)))),
    INFERENCE_NAMESPACE(
            "inference-namespace",
            "put this as x-inference-namespace on answers",
            (b, v) -> b.api(api -> api.identity(identity -> identity.withNamespace(v)))),
    ENABLE_SERVER_LOAD_TRACKING(
            "enable-server-load-tracking",
            "count requests in /load",
            onOff((b, on) -> b.api(api -> api.loadTracking(on)))),
    DISABLE_FASTAPI_DOCS(
            "disable-fastapi-docs",
            "serve neither /docs nor /openapi.json",
            onOff((b, on) -> b.api(api -> api.documentation(!on)))),
    TOKENIZER("tokenizer", "a tokenizer.json, or a folder that has one", (b, v) -> b.tokenizer(Path.of(v))),
    ENABLE_TOKENIZER_INFO_ENDPOINT(
            "enable-tokenizer-info-endpoint",
            "describe the tokenizer at /tokenizer_info",
            onOff((b, on) -> b.api(api -> api.tokenizerInfo(on)))),
    TRUST_REQUEST_CHAT_TEMPLATE(
            "trust-request-chat-template",
            "let requests bring a chat template",
            onOff((b, on) -> b.api(api -> api.trustRequestTemplates(on)))),
    ROLE(
            "role",
            "what the endpoint is meant for: both, prefill, decode, encode",
            (b, v) -> b.role(EndpointRole.valueOf(v.toUpperCase(Locale.ROOT)))),
    KV_CONNECTOR(
            "kv-connector",
            "exchange KV blocks with other endpoints: " + KvConnector.names(),
            (b, v) -> b.handoff(handoff -> handoff.connector(KvConnector.of(v)))),
    KV_TRANSFER_CONFIG(
            "kv-transfer-config",
            "the same as vLLM's JSON",
            (b, v) -> b.handoff(handoff -> handoff.transferConfig(KvTransferConfig.parse(v)))),
    NIXL_SIDE_CHANNEL_HOST(
            "nixl-side-channel-host",
            "where the side channel listens, and what other endpoints are told",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelHost(v))),
    NIXL_SIDE_CHANNEL_PORT(
            "nixl-side-channel-port",
            "TCP port of the side channel, 0 for a free one; further data-parallel ranks have the following ones",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelPort(integer(v)))),
    MOONCAKE_BOOTSTRAP_PORT(
            "mooncake-bootstrap-port",
            "the same for Mooncake, where GET /query tells the engine",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelPort(KvConnector.MOONCAKE, integer(v)))),
    MORIIO_HANDSHAKE_PORT(
            "moriio-handshake-port",
            "the same for MoRI-IO",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelPort(KvConnector.MORIIO, integer(v)))),
    SGLANG_BOOTSTRAP_PORT(
            "disaggregation-bootstrap-port",
            "the same for SGLang",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelPort(KvConnector.SGLANG, integer(v)))),
    P2P_SIDE_CHANNEL_PORT(
            "p2p-side-channel-port",
            "the same for offloaded blocks",
            (b, v) -> b.handoff(handoff -> handoff.sideChannelPort(KvConnector.OFFLOADING, integer(v)))),
    KV_OFFLOADING_SIZE(
            "kv-offloading-size",
            "GiB of host memory for blocks that other endpoints may read",
            (b, v) -> b.handoff(handoff -> handoff.offloadBytes(Math.round(decimal(v) * (1L << 30))))),
    KV_LEASE_DURATION(
            "kv-lease-duration",
            "how long blocks are held for another endpoint; by default 30 s, and what older versions did",
            (b, v) -> b.handoff(handoff -> handoff.lease(DurationText.parse(v)))),
    KV_LOAD_FAILURE_POLICY(
            "kv-load-failure-policy",
            "what becomes of a request whose blocks cannot be read: fail or recompute",
            (b, v) -> b.handoff(handoff -> handoff.loadFailure(LoadFailurePolicy.valueOf(v.toUpperCase(Locale.ROOT))))),
    KV_TRANSFER_FABRIC(
            "kv-transfer-fabric",
            "network of one GPU: " + TransferFabric.names(),
            (b, v) -> b.handoff(handoff ->
                    handoff.fabric(TransferFabric.of(v).orElseThrow(() -> new IllegalArgumentException(v))))),
    KV_TRANSFER_GBYTES(
            "kv-transfer-gbytes-per-second",
            "what the network of one GPU carries, instead of a fabric",
            (b, v) -> b.handoff(handoff -> handoff.transferBytesPerSecond(decimal(v) * 1e9))),
    KV_TRANSFER_BASE_TIME(
            "kv-transfer-base-time",
            "fixed time of reading blocks",
            (b, v) -> b.handoff(handoff -> handoff.transferBase(DurationText.parse(v)))),
    KV_TRANSFER_DESCRIPTOR_TIME(
            "kv-transfer-descriptor-time",
            "time of each piece of memory that is read; a block has two in each layer",
            (b, v) -> b.handoff(handoff -> handoff.transferDescriptor(DurationText.parse(v)))),
    KV_CACHE_TRANSFER_LATENCY(
            "kv-cache-transfer-latency",
            "reading blocks takes this time, whatever is read, instead of the four before",
            (b, v) -> b.handoff(handoff -> handoff.fixedTransfer(DurationText.parse(v)))),
    KV_CACHE_TRANSFER_TIME_PER_TOKEN(
            "kv-cache-transfer-time-per-token",
            "reading blocks takes this time for each token",
            (b, v) -> b.handoff(handoff -> handoff.transferPerToken(DurationText.parse(v)))),
    KV_CACHE_TRANSFER_LATENCY_STD_DEV(
            "kv-cache-transfer-latency-std-dev",
            "standard deviation of the first one, at most 30 % of it",
            (b, v) -> b.handoff(handoff -> handoff.fixedTransferDeviation(DurationText.parse(v)))),
    KV_CACHE_TRANSFER_TIME_STD_DEV(
            "kv-cache-transfer-time-std-dev",
            "standard deviation of what all tokens of a request take",
            (b, v) -> b.handoff(handoff -> handoff.transferPerTokenDeviation(DurationText.parse(v)))),
    GLOBAL_CACHE_HIT_THRESHOLD(
            "global-cache-hit-threshold",
            "cache_hit_threshold of requests without one: share of the prompt that must be cached, 0 to 1",
            (b, v) -> b.handoff(handoff -> handoff.cacheHitThreshold(decimal(v)))),
    KV_HANDSHAKE_TIME(
            "kv-handshake-time",
            "first contact between two engines",
            (b, v) -> b.handoff(handoff -> handoff.handshake(DurationText.parse(v)))),
    EC_CONNECTOR(
            "ec-connector",
            "exchange embeddings of media with other endpoints: nixl or none; an encoding one gives, others take",
            (b, v) -> b.handoff(handoff -> handoff.exchangesEmbeddings(isNixl(v)))),
    EC_TRANSFER_CONFIG(
            "ec-transfer-config",
            "the same as vLLM's JSON, with ECCPUConnector",
            (b, v) -> b.handoff(handoff -> EcTransferConfig.apply(handoff, v))),
    EC_SIDE_CHANNEL_HOST(
            "ec-side-channel-host",
            "where the side channel for embeddings listens, and what other endpoints are told",
            (b, v) -> b.handoff(handoff -> handoff.embeddingHost(v))),
    EC_SIDE_CHANNEL_PORT(
            "ec-side-channel-port",
            "its TCP port, 0 for a free one",
            (b, v) -> b.handoff(handoff -> handoff.embeddingPort(integer(v)))),
    ENABLE_FORCE_INCLUDE_USAGE(
            "enable-force-include-usage",
            "tell usage in every stream",
            onOff((b, on) -> b.answers(a -> a.forceIncludeUsage(on)))),
    RETURN_TOKENS_AS_TOKEN_IDS(
            "return-tokens-as-token-ids",
            "name tokens by id in log-probabilities",
            onOff((b, on) -> b.answers(a -> a.tokensAsIds(on)))),
    MAX_LOGPROBS(
            "max-logprobs",
            "most log-probabilities of one token, -1 for all",
            (b, v) -> b.answers(a -> a.maxLogprobs(integer(v)))),
    STREAM_INTERVAL("stream-interval", "tokens in one event", (b, v) -> b.answers(a -> a.streamInterval(integer(v)))),
    TRUST_REQUEST_MM_KWARGS(
            "trust-request-mm-kwargs",
            "let requests say how media is processed",
            onOff((b, on) -> b.answers(a -> a.trustMediaOptions(on)))),
    ENABLE_AUTO_TOOL_CHOICE(
            "enable-auto-tool-choice",
            "look for calls of tools in outputs",
            onOff((b, on) -> b.answers(a -> a.autoToolChoice(on)))),
    REASONING_PARSER(
            "reasoning-parser",
            "any name: begin chat answers with reasoning; none: do not",
            (b, v) -> b.answers(a -> a.reasoning(!v.isEmpty() && !v.equals("none")))),
    MODE("mode", "random or echo", (b, v) -> b.answers(a -> a.mode(OutputMode.valueOf(v.toUpperCase(Locale.ROOT))))),
    MAX_TOOL_CALL_INTEGER_PARAM(
            "max-tool-call-integer-param", "largest integer in calls", toolCalls(ToolCallOption.MAX_INTEGER)),
    MIN_TOOL_CALL_INTEGER_PARAM(
            "min-tool-call-integer-param", "smallest integer in calls", toolCalls(ToolCallOption.MIN_INTEGER)),
    MAX_TOOL_CALL_NUMBER_PARAM(
            "max-tool-call-number-param", "largest number in calls", toolCalls(ToolCallOption.MAX_NUMBER)),
    MIN_TOOL_CALL_NUMBER_PARAM(
            "min-tool-call-number-param", "smallest number in calls", toolCalls(ToolCallOption.MIN_NUMBER)),
    MAX_TOOL_CALL_ARRAY_PARAM_LENGTH(
            "max-tool-call-array-param-length", "longest array in calls", toolCalls(ToolCallOption.MAX_ARRAY_LENGTH)),
    MIN_TOOL_CALL_ARRAY_PARAM_LENGTH(
            "min-tool-call-array-param-length", "shortest array in calls", toolCalls(ToolCallOption.MIN_ARRAY_LENGTH)),
    TOOL_CALL_NOT_REQUIRED_PARAM_PROBABILITY(
            "tool-call-not-required-param-probability",
            "percent of optional parameters that calls give",
            toolCalls(ToolCallOption.OPTIONAL_PARAMETERS)),
    OBJECT_TOOL_CALL_NOT_REQUIRED_FIELD_PROBABILITY(
            "object-tool-call-not-required-field-probability",
            "percent of optional fields that objects in calls have",
            toolCalls(ToolCallOption.OPTIONAL_FIELDS)),
    TOOL_CALL_EXTRA_CALL_PROBABILITY(
            "tool-call-extra-call-probability",
            "percent of answers with one call more than needed, rolled again after each",
            toolCalls(ToolCallOption.FURTHER_CALLS));

    /** Other names, of vLLM and llm-d-inference-sim. */
    private static final Map<String, SimulatorOption> OTHER_NAMES = Map.of(
            "num-gpu-blocks-override", KV_CACHE_SIZE,
            "enable-kvcache", ENABLE_PREFIX_CACHING,
            "default-embedding-dimensions", EMBEDDING_DIMENSIONS,
            "tp", TENSOR_PARALLEL_SIZE,
            "dp", DATA_PARALLEL_SIZE,
            "q", QUANTIZATION);

    private static final List<String> TWO_BYTES = List.of("auto", "half", "float16", "bfloat16");

    private final String optionName;
    private final String description;
    private final OptionSetter setter;

    SimulatorOption(String optionName, String description, OptionSetter setter) {
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

    /** How many values it takes. */
    public OptionArity arity() {
        return setter.arity();
    }

    /** The option of that name. */
    public static SimulatorOption of(String name) {
        SimulatorOption option = find(name);
        if (option == null) {
            throw new IllegalArgumentException("unknown option: " + name + " (expected: one of "
                    + Arrays.stream(values()).map(SimulatorOption::optionName).collect(Collectors.joining(", ")) + ")");
        }
        return option;
    }

    static @Nullable SimulatorOption find(String name) {
        for (SimulatorOption option : values()) {
            if (option.optionName.equals(name)) {
                return option;
            }
        }
        return OTHER_NAMES.get(name);
    }

    void apply(SimulatorSettingsBuilder builder, List<String> values) {
        try {
            setter.setAll(builder, values);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(optionName + ": " + reason(String.join(" ", values), e), e);
        }
    }

    private String reason(String given, RuntimeException e) {
        String own = String.valueOf(e.getMessage());
        return own.contains("(expected:") ? own : given + " (expected: " + description + ")";
    }

    private static <T> String names(List<T> presets, Function<T, String> name) {
        return presets.stream().map(name).collect(Collectors.joining(", "));
    }

    private static OptionSetter toolCalls(ToolCallOption option) {
        return (builder, value) ->
                builder.answers(answers -> answers.toolCalls(old -> option.with(old, integer(value))));
    }

    private static boolean isNixl(String value) {
        return switch (value) {
            case "nixl" -> true;
            case "none" -> false;
            default -> throw new IllegalArgumentException(value);
        };
    }

    private static int integer(String value) {
        return Integer.parseInt(value);
    }

    private static double decimal(String value) {
        return Double.parseDouble(value);
    }

    private static List<String> words(List<String> values) {
        return values.stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static void latency(SimulatorSettingsBuilder builder, String value) {
        if (value.equals("constant")) {
            builder.constantLatency();
        } else if (value.startsWith("table:")) {
            builder.latencyModel(LatencyTableFile.read(Path.of(value.substring("table:".length()))));
        } else {
            builder.latencyModel(
                    LatencyModel.Compact.preset(value).orElseThrow(() -> new IllegalArgumentException(value)));
        }
    }

    private static LatencyCalculator calculator(String value) {
        return switch (value) {
            case "" -> LatencyCalculator.WHAT_IS_GIVEN;
            case "constant" -> LatencyCalculator.CONSTANT;
            case "per-token" -> LatencyCalculator.PER_TOKEN;
            default -> throw new IllegalArgumentException(value);
        };
    }

    private static Consumer<EngineSettingsBuilder> ordering(String value) {
        OrderingPolicy policy = OrderingPolicy.valueOf(value.toUpperCase(Locale.ROOT));
        return engine -> engine.ordering(policy);
    }

    private static void dtype(String value) {
        if (!TWO_BYTES.contains(value)) {
            throw new IllegalArgumentException(value);
        }
    }

    private static int kvValueBytes(String value) {
        if (TWO_BYTES.contains(value)) {
            return 2;
        }
        if (List.of("fp8", "fp8_e4m3", "fp8_e5m2").contains(value)) {
            return 1;
        }
        throw new IllegalArgumentException(value);
    }

    private static void quantization(SimulatorSettingsBuilder builder, String value) {
        if (!value.equals("fp8")) {
            throw new IllegalArgumentException(value);
        }
        builder.weightBytes(1);
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
}
