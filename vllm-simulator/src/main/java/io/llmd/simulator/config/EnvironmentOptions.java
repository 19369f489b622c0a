package io.llmd.simulator.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads options from environment variables: {@code SIM_} and the name of the option, and some that others read. */
final class EnvironmentOptions {
    private static final String PREFIX = "SIM_";

    private static final Map<String, SimulatorOption> OF_OTHERS = Map.ofEntries(
            Map.entry("PYTHONHASHSEED", SimulatorOption.HASH_SEED),
            Map.entry("VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES", SimulatorOption.KV_EVENTS_USE_INT_BLOCK_HASHES),
            Map.entry("VLLM_API_KEY", SimulatorOption.API_KEY),
            Map.entry("VLLM_NIXL_SIDE_CHANNEL_HOST", SimulatorOption.NIXL_SIDE_CHANNEL_HOST),
            Map.entry("VLLM_NIXL_SIDE_CHANNEL_PORT", SimulatorOption.NIXL_SIDE_CHANNEL_PORT),
            Map.entry("VLLM_EC_SIDE_CHANNEL_HOST", SimulatorOption.EC_SIDE_CHANNEL_HOST),
            Map.entry("VLLM_EC_SIDE_CHANNEL_PORT", SimulatorOption.EC_SIDE_CHANNEL_PORT),
            Map.entry("VLLM_MOONCAKE_BOOTSTRAP_PORT", SimulatorOption.MOONCAKE_BOOTSTRAP_PORT),
            Map.entry("VLLM_P2P_SIDE_CHANNEL_PORT", SimulatorOption.P2P_SIDE_CHANNEL_PORT),
            Map.entry("VLLM_SERVER_DEV_MODE", SimulatorOption.SERVER_DEV_MODE),
            Map.entry("VLLM_ALLOW_RUNTIME_LORA_UPDATING", SimulatorOption.ALLOW_RUNTIME_LORA_UPDATING),
            Map.entry("POD_NAME", SimulatorOption.INFERENCE_POD),
            Map.entry("POD_NAMESPACE", SimulatorOption.INFERENCE_NAMESPACE));

    private EnvironmentOptions() {}

    static GivenOptions read(Map<String, String> environment) {
        GivenOptions given = new GivenOptions();
        OF_OTHERS.forEach((variable, option) -> {
            String value = environment.get(variable);
            if (value != null && !value.isEmpty()) {
                given.add(option, option.optionName(), List.of(value));
            }
        });
        for (SimulatorOption option : SimulatorOption.values()) {
            String value = environment.get(variable(option));
            if (value != null && !value.isEmpty() && !(option == SimulatorOption.PORT && isServiceLink(value))) {
                given.add(
                        option,
                        option.optionName(),
                        option.arity() == OptionArity.LIST && !value.startsWith("{")
                                ? List.of(value.strip().split("\\s+"))
                                : List.of(value));
            }
        }
        return given;
    }

    /** Variables that vLLM and llm-d-inference-sim read, too. */
    static Set<String> ofOthers() {
        return OF_OTHERS.keySet();
    }

    /** The variable that sets an option. */
    static String variable(SimulatorOption option) {
        return PREFIX + option.optionName().toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Kubernetes sets {@code SIM_PORT=tcp://...} where a service is named {@code sim}. */
    private static boolean isServiceLink(String value) {
        return value.startsWith("tcp://") || value.startsWith("udp://");
    }
}
