package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The index service in a process of its own; the endpoints are engines that publish events. */
final class KvLookupContender implements Contender {

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";
    private static final int MANAGEMENT = 1;

    @Override
    public String name() {
        return "kv-index";
    }

    @Override
    public String describe() {
        return "index service, " + String.join(" ", ChildJvm.SETTINGS);
    }

    @Override
    public Optional<String> unavailable() {
        return CpuMeter.isSupported() ? Optional.empty() : Optional.of("CPU time is read from /proc");
    }

    @Override
    public boolean isJvm() {
        return true;
    }

    @Override
    public List<Integer> furtherPorts() {
        return List.of(MANAGEMENT);
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) {
        List<String> arguments = new ArrayList<>(List.of("serve", "--roles", "kv-index"));
        set(arguments, "spring.cloud.config.enabled", "false");
        set(arguments, "server.address", "127.0.0.1");
        set(arguments, "server.port", port);
        set(arguments, "management.server.port", port + MANAGEMENT);
        set(arguments, "kv-index.model", KvLookupPrompts.MODEL);
        for (int i = 0; i < endpoints.size(); i++) {
            set(arguments, "kv-index.sources[" + i + "].endpoint", "pod-" + i);
            set(arguments, "kv-index.sources[" + i + "].address", "127.0.0.1:" + endpoints.get(i));
        }
        return ChildJvm.command(MAIN_CLASS, arguments);
    }

    private static void set(List<String> arguments, String name, Object value) {
        arguments.add("--set");
        arguments.add(name + "=" + value);
    }
}
