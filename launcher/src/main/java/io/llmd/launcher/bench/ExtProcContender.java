package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Our scheduler alone, its door for proxies at the contender's port without TLS, over a static list of endpoints. */
final class ExtProcContender implements Contender {

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";
    private static final int HEALTH = 1;
    private static final int HTTP = 2;
    private static final int MANAGEMENT = 3;

    @Override
    public String name() {
        return "scheduler";
    }

    @Override
    public String describe() {
        return "the scheduler with its default configuration, " + String.join(" ", ChildJvm.SETTINGS);
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }

    @Override
    public boolean isJvm() {
        return true;
    }

    @Override
    public List<Integer> furtherPorts() {
        return List.of(HEALTH, HTTP, MANAGEMENT);
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("server.address", "127.0.0.1");
        settings.put("server.port", Integer.toString(port + HTTP));
        settings.put("management.server.port", Integer.toString(port + MANAGEMENT));
        settings.put("scheduler.ext-proc.enabled", "true");
        settings.put("scheduler.ext-proc.secure-serving", "false");
        settings.put("scheduler.ext-proc.address", "127.0.0.1");
        settings.put("scheduler.ext-proc.port", Integer.toString(port));
        settings.put("scheduler.ext-proc.health-port", Integer.toString(port + HEALTH));
        settings.put("scheduler.discovery.allow-loopback", "true");
        for (int i = 0; i < endpoints.size(); i++) {
            String endpoint = "scheduler.discovery.endpoints[" + i + "].";
            settings.put(endpoint + "name", "endpoint-" + i);
            settings.put(endpoint + "address", "127.0.0.1");
            settings.put(endpoint + "port", endpoints.get(i).toString());
        }
        List<String> arguments = new ArrayList<>(List.of("serve", "--roles", "scheduler"));
        settings.forEach((key, value) -> arguments.add("--set=" + key + "=" + value));
        return ChildJvm.command(MAIN_CLASS, arguments);
    }
}
