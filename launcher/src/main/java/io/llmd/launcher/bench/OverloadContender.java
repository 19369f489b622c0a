package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gateway and scheduler in one process, with or without flow control, for clients whose keys have priorities. */
final class OverloadContender implements Contender {

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";
    private static final int SCHEDULER = 1;
    private static final int GATEWAY_MANAGEMENT = 1000;
    private static final int SCHEDULER_MANAGEMENT = 1010;
    private static final String FLOW_CONTROL = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            featureGates: [flowControl]
            plugins:
              - {name: waiting, type: queue-scorer}
              - {name: memory, type: kv-cache-utilization-scorer}
              - {name: reuse, type: prefix-cache-scorer}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: waiting, weight: 2}
                  - {pluginRef: memory, weight: 2}
                  - {pluginRef: reuse, weight: 3}
            flowControl:
              defaultRequestTTL: 10m
              priorityBands:
                - {priority: %d}
                - {priority: 0}
            """;

    private final String name;
    private final boolean flowControl;
    private final OverloadKeys keys;

    /** A contender. @param flowControl whether requests wait in the scheduler, the important ones ahead */
    OverloadContender(String name, boolean flowControl, OverloadKeys keys) {
        this.name = name;
        this.flowControl = flowControl;
        this.keys = keys;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String describe() {
        return flowControl
                ? "flow control with its usual saturation detector"
                : "the built-in configuration; requests wait in the endpoints";
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
        return List.of(SCHEDULER, GATEWAY_MANAGEMENT, SCHEDULER_MANAGEMENT);
    }

    @Override
    public List<String> command(int port, List<Integer> endpoints, Path folder) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("server.address", "127.0.0.1");
        settings.put("gateway.access.keys-file", keys.write(folder).toString());
        settings.put("gateway.access.key-limits.concurrent", "0");
        settings.put("gateway.access.tenant-limits.concurrent", "0");
        settings.put("gateway.access.cache-isolation", "shared");
        settings.put("gateway.scheduler.url", "http://127.0.0.1:" + (port + SCHEDULER));
        settings.put("gateway.limits.connections-per-address", "8192");
        settings.put("gateway.timeouts.first-byte", "600s");
        settings.put("gateway.timeouts.queue", "610s");
        settings.put("scheduler.discovery.allow-loopback", "true");
        if (flowControl) {
            Path file = folder.resolve("flow-control.yaml");
            Files.writeString(file, FLOW_CONTROL.formatted(OverloadKeys.HIGH_PRIORITY));
            settings.put("scheduler.config-file", file.toString());
        }
        for (int i = 0; i < endpoints.size(); i++) {
            String endpoint = "scheduler.discovery.endpoints[" + i + "].";
            settings.put(endpoint + "name", "endpoint-" + i);
            settings.put(endpoint + "address", "127.0.0.1");
            settings.put(endpoint + "port", endpoints.get(i).toString());
        }
        List<String> arguments = new ArrayList<>(
                List.of("serve", "--roles", "scheduler,gateway", "--port-base", Integer.toString(port)));
        settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        return ChildJvm.command(MAIN_CLASS, arguments);
    }
}
