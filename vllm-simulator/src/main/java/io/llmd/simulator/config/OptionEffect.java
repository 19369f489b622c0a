package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Options that change something only beside others. */
enum OptionEffect {
    GPU(
            "--gpu",
            settings -> settings.deployment() != null,
            SimulatorOption.TENSOR_PARALLEL_SIZE,
            SimulatorOption.DTYPE,
            SimulatorOption.KV_CACHE_DTYPE,
            SimulatorOption.QUANTIZATION,
            SimulatorOption.GPU_MEMORY_UTILIZATION,
            SimulatorOption.STEP_OVERHEAD),
    FAILURES(
            "--failure-injection-rate",
            settings -> settings.faults().failurePercent() > 0,
            SimulatorOption.FAILURE_TYPES),
    NIXL(
            "--kv-connector nixl or nixl-push",
            settings -> settings.handoff().connector().isNixl(),
            SimulatorOption.NIXL_SIDE_CHANNEL_PORT),
    MOONCAKE(
            "--kv-connector mooncake",
            settings -> settings.handoff().connector() == KvConnector.MOONCAKE,
            SimulatorOption.MOONCAKE_BOOTSTRAP_PORT),
    MORIIO(
            "--kv-connector moriio",
            settings -> settings.handoff().connector() == KvConnector.MORIIO,
            SimulatorOption.MORIIO_HANDSHAKE_PORT),
    SGLANG(
            "--kv-connector sglang",
            settings -> settings.handoff().connector() == KvConnector.SGLANG,
            SimulatorOption.SGLANG_BOOTSTRAP_PORT),
    OFFLOADING(
            "--kv-connector offloading",
            settings -> settings.handoff().connector() == KvConnector.OFFLOADING,
            SimulatorOption.P2P_SIDE_CHANNEL_PORT,
            SimulatorOption.KV_OFFLOADING_SIZE),
    CONNECTOR(
            "--kv-connector",
            settings -> settings.handoff().isConnected(),
            SimulatorOption.NIXL_SIDE_CHANNEL_HOST,
            SimulatorOption.KV_LEASE_DURATION,
            SimulatorOption.KV_LOAD_FAILURE_POLICY,
            SimulatorOption.KV_CACHE_TRANSFER_LATENCY_STD_DEV,
            SimulatorOption.KV_CACHE_TRANSFER_TIME_STD_DEV,
            SimulatorOption.KV_HANDSHAKE_TIME),
    TRANSFER(
            "--kv-connector or --ec-connector",
            settings -> settings.handoff().isConnected() || exchangesEmbeddings(settings),
            SimulatorOption.KV_TRANSFER_FABRIC,
            SimulatorOption.KV_TRANSFER_GBYTES,
            SimulatorOption.KV_TRANSFER_BASE_TIME,
            SimulatorOption.KV_TRANSFER_DESCRIPTOR_TIME,
            SimulatorOption.KV_CACHE_TRANSFER_LATENCY,
            SimulatorOption.KV_CACHE_TRANSFER_TIME_PER_TOKEN),
    EMBEDDINGS(
            "--ec-connector",
            OptionEffect::exchangesEmbeddings,
            SimulatorOption.EC_SIDE_CHANNEL_HOST,
            SimulatorOption.EC_SIDE_CHANNEL_PORT),
    KV_EVENTS(
            "--kv-events-config or --zmq-endpoint",
            settings -> settings.kvEvents() != null,
            SimulatorOption.USE_VLLM_MAP_EVENT_FORMAT,
            SimulatorOption.KV_EVENTS_USE_INT_BLOCK_HASHES),
    BLOCK_METRICS(
            "--kv-cache-metrics",
            settings -> settings.metrics().blockSample() > 0,
            SimulatorOption.KV_CACHE_METRICS_SAMPLE);

    private final String needed;
    private final Predicate<SimulatorSettings> present;
    private final List<SimulatorOption> options;

    OptionEffect(String needed, Predicate<SimulatorSettings> present, SimulatorOption... options) {
        this.needed = needed;
        this.present = present;
        this.options = List.of(options);
    }

    /** One sentence for each option that was given though it changes nothing. */
    static List<String> missing(GivenOptions given, SimulatorSettings settings) {
        List<String> missing = new ArrayList<>();
        for (OptionEffect effect : values()) {
            if (!effect.present.test(settings)) {
                effect.options.stream()
                        .filter(given::has)
                        .map(option -> option.optionName() + " has no effect without " + effect.needed)
                        .forEach(missing::add);
            }
        }
        return missing;
    }

    private static boolean exchangesEmbeddings(SimulatorSettings settings) {
        EmbeddingSettings embeddings = settings.handoff().embeddings();
        return embeddings.gives() || embeddings.takes();
    }
}
