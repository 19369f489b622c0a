package io.llmd.launcher.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Our gateway and scheduler in one process, keys off, the default scheduling profile over a static list of endpoints. */
final class LlmdContender implements Contender {

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";

    private static final int SCHEDULER = 1;
    private static final int GATEWAY_MANAGEMENT = 1000;
    private static final int SCHEDULER_MANAGEMENT = 1010;

    @Override
    public String name() {
        return Goals.GATEWAY;
    }

    @Override
    public String describe() {
        return "gateway and scheduler in one process, " + String.join(" ", ChildJvm.SETTINGS);
    }

    @Override
    public Optional<String> unavailable() {
        String resource = MAIN_CLASS.replace('.', '/') + ".class";
        return LlmdContender.class.getClassLoader().getResource(resource) != null
                ? Optional.empty()
                : Optional.of(MAIN_CLASS + " is not on the class path");
    }

    @Override
    public boolean isJvm() {
        return true;
    }

    /** At the distances that {@code --port-base} keeps. */
    @Override
    public List<Integer> furtherPorts() {
        return List.of(SCHEDULER, GATEWAY_MANAGEMENT, SCHEDULER_MANAGEMENT);
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) {
        List<String> arguments = new ArrayList<>(
                List.of("serve", "--roles", "scheduler,gateway", "--port-base", Integer.toString(port)));
        settings(port, endpoints).forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        return ChildJvm.command(MAIN_CLASS, arguments);
    }

    /** What the services are started with. */
    static Map<String, String> settings(int port, List<Integer> endpoints) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("server.address", "127.0.0.1");
        settings.put("gateway.access.mode", "open");
        settings.put("gateway.scheduler.url", "http://127.0.0.1:" + (port + SCHEDULER));
        // All load comes from one address here.
        settings.put("gateway.limits.connections-per-address", "8192");
        settings.put("scheduler.discovery.allow-loopback", "true");
        for (int i = 0; i < endpoints.size(); i++) {
            String endpoint = "scheduler.discovery.endpoints[" + i + "].";
            settings.put(endpoint + "name", "endpoint-" + i);
            settings.put(endpoint + "address", "127.0.0.1");
            settings.put(endpoint + "port", endpoints.get(i).toString());
        }
        return settings;
    }
}
