package io.llmd.launcher.up;

import io.llmd.launcher.serve.Role;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a trial sets for each service, beyond the service's own files. */
final class TrialSettings {

    private final TrialPlan plan;
    private final TrialFiles files;

    TrialSettings(TrialPlan plan, TrialFiles files) {
        this.plan = plan;
        this.files = files;
    }

    Map<String, String> of(Role role) {
        Map<String, String> settings = new LinkedHashMap<>(role.portSettings(plan.ports()));
        settings.put("server.address", "127.0.0.1");
        settings.put("management.server.address", "127.0.0.1");
        settings.put("spring.profiles.active", "trial");
        if (role != Role.CONFIG_SERVER) {
            settings.put("spring.cloud.config.enabled", "true");
            settings.put(
                    "spring.cloud.config.uri",
                    "http://127.0.0.1:" + plan.ports().configServer());
        }
        switch (role) {
            case SCHEDULER -> {
                if (plan.config() != null) {
                    settings.put(
                            "scheduler.config-file",
                            plan.config().toAbsolutePath().toString());
                } else if (plan.isSplit()) {
                    settings.put("scheduler.config-file", files.splitConfig().toString());
                }
                settings.put("scheduler.discovery.file", files.endpoints().toString());
                settings.put("scheduler.discovery.allow-loopback", "true");
            }
            case GATEWAY -> {
                settings.put(
                        "gateway.scheduler.url",
                        "http://127.0.0.1:" + plan.ports().scheduler());
                settings.put("gateway.access.keys-file", files.keys().toString());
                settings.put("gateway.expose-endpoint", "true");
                settings.put("gateway.limits.connections-per-address", "10000");
            }
            case CONFIG_SERVER, KV_INDEX, AUTOSCALER -> {}
        }
        return settings;
    }
}
