package io.llmd.simulator.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads options from environment variables: {@code SIM_} and the name of the option, and some that vLLM reads. */
final class EnvironmentOptions {
    private static final String PREFIX = "SIM_";

    private static final Map<String, SimulatorOption> OF_VLLM = Map.of(
            "PYTHONHASHSEED", SimulatorOption.HASH_SEED,
            "VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES", SimulatorOption.KV_EVENTS_USE_INT_BLOCK_HASHES,
            "VLLM_API_KEY", SimulatorOption.API_KEY,
            "VLLM_NIXL_SIDE_CHANNEL_HOST", SimulatorOption.NIXL_SIDE_CHANNEL_HOST,
            "VLLM_NIXL_SIDE_CHANNEL_PORT", SimulatorOption.NIXL_SIDE_CHANNEL_PORT,
            "VLLM_EC_SIDE_CHANNEL_HOST", SimulatorOption.EC_SIDE_CHANNEL_HOST,
            "VLLM_EC_SIDE_CHANNEL_PORT", SimulatorOption.EC_SIDE_CHANNEL_PORT,
            "VLLM_MOONCAKE_BOOTSTRAP_PORT", SimulatorOption.MOONCAKE_BOOTSTRAP_PORT,
            "VLLM_SERVER_DEV_MODE", SimulatorOption.SERVER_DEV_MODE,
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING", SimulatorOption.ALLOW_RUNTIME_LORA_UPDATING);

    private EnvironmentOptions() {}

    static GivenOptions read(Map<String, String> environment) {
        GivenOptions given = new GivenOptions();
        OF_VLLM.forEach((variable, option) -> {
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

    /** The variable that sets an option. */
    static String variable(SimulatorOption option) {
        return PREFIX + option.optionName().toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Kubernetes sets {@code SIM_PORT=tcp://...} where a service is named {@code sim}. */
    private static boolean isServiceLink(String value) {
        return value.startsWith("tcp://") || value.startsWith("udp://");
    }
}
