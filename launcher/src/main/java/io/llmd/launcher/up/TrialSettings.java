package io.llmd.launcher.up;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.serve.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a trial sets for each service, beyond the service's own files. */
final class TrialSettings {

    /** Requests that an endpoint of a trial with an autoscaler computes at a time. */
    static final int SCALED_SEQUENCES = 16;

    private final TrialPlan plan;
    private final TrialFiles files;
    private final DemoKey key;

    TrialSettings(TrialPlan plan, TrialFiles files, DemoKey key) {
        this.plan = plan;
        this.files = files;
        this.key = key;
    }

    /** Times are shorter than in a cluster, so that one sees it work within minutes. */
    private void autoscaler(Map<String, String> settings) {
        Scaling scaling = plan.scaling();
        if (scaling == null) {
            return;
        }
        settings.put(
                "autoscaler.routers[0]",
                "http://127.0.0.1:" + plan.ports().schedulerManagement() + "/actuator/prometheus");
        settings.put("autoscaler.endpoints-file", files.scaled().toString());
        settings.put("autoscaler.period", "2s");
        settings.put("autoscaler.watch-period", "500ms");
        settings.put("autoscaler.refit-period", "10s");
        settings.put("autoscaler.tiers[0].name", "chat");
        settings.put("autoscaler.tiers[0].first-token", "2s");
        settings.put("autoscaler.tiers[0].inter-token", "100ms");
        String variant = "autoscaler.variants[0].";
        settings.put(variant + "namespace", "trial");
        settings.put(variant + "name", "sim");
        settings.put(variant + "model", plan.model());
        settings.put(variant + "cost-per-hour", "2");
        settings.put(variant + "accelerator", "l40s");
        settings.put(variant + "min", "1");
        settings.put(variant + "max", String.valueOf(scaling.most()));
        settings.put(variant + "cold-start", scaling.coldStart().toMillis() + "ms");
        settings.put(variant + "max-sequences", String.valueOf(SCALED_SEQUENCES));
        settings.put(variant + "base", "0.045");
        settings.put(variant + "per-prompt-token", "0.00027");
        settings.put(variant + "per-context-token", "0.00000027");
        settings.put(variant + "down-window", "20s");
        settings.put(variant + "down-period", "10s");
    }

    /** Settings of a further gateway and its scheduler, without their ports. */
    Map<String, String> ofFurther(SuitePorts ports) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.putAll(withoutPorts(Role.SCHEDULER, ports));
        settings.putAll(withoutPorts(Role.GATEWAY, ports));
        return settings;
    }

    /** Without a login, because everything listens on the loopback address alone. */
    private void console(Map<String, String> settings) {
        settings.put("gateway.console.enabled", "true");
        settings.put("gateway.console.login", "none");
        settings.put("gateway.console.trial", "true");
        settings.put("gateway.console.chat-key", key.secret());
        settings.put(
                "gateway.console.config-server",
                "http://127.0.0.1:" + plan.ports().configServer());
        for (int number = 1; plan.gateways() > 1 && number <= plan.gateways(); number++) {
            SuitePorts one = number == 1 ? plan.ports() : plan.ports().ofGateway(number);
            settings.put("gateway.console.peers[" + (number - 1) + "]", "http://127.0.0.1:" + one.gatewayManagement());
        }
        if (plan.kvIndex()) {
            settings.put("gateway.console.kv-index", kvIndex());
        }
        if (plan.scaling() != null) {
            settings.put(
                    "gateway.console.autoscaler",
                    "http://127.0.0.1:" + plan.ports().autoscaler());
        }
    }

    /** The operations console over all services of the trial, without a login for the same reason. */
    private void admin(Map<String, String> settings) {
        settings.put("config-server.admin.enabled", "true");
        settings.put("config-server.admin.login", "none");
        List<Role> roles = new ArrayList<>(List.of(Role.CONFIG_SERVER, Role.SCHEDULER, Role.GATEWAY));
        if (plan.kvIndex()) {
            roles.add(Role.KV_INDEX);
        }
        if (plan.scaling() != null) {
            roles.add(Role.AUTOSCALER);
        }
        for (Role role : roles) {
            settings.put("config-server.admin.services." + role.serviceName(), managementUrls(role));
        }
    }

    /** Of all replicas of a service, with commas between. */
    private String managementUrls(Role role) {
        boolean isWithGateway = role == Role.GATEWAY || role == Role.SCHEDULER;
        return IntStream.rangeClosed(1, isWithGateway ? plan.gateways() : 1)
                .mapToObj(number ->
                        "http://127.0.0.1:" + role.managementPort(plan.ports().ofGateway(number)))
                .collect(Collectors.joining(","));
    }

    private String kvIndex() {
        return "http://127.0.0.1:" + plan.ports().kvIndex();
    }

    Map<String, String> of(Role role) {
        Map<String, String> settings = new LinkedHashMap<>(role.portSettings(plan.ports()));
        settings.putAll(withoutPorts(role, plan.ports()));
        return settings;
    }

    private Map<String, String> withoutPorts(Role role, SuitePorts ports) {
        Map<String, String> settings = new LinkedHashMap<>();
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
                } else {
                    settings.put("scheduler.config-file", files.ownConfig().toString());
                }
                if (plan.kvIndex()) {
                    settings.put("scheduler.kv-index.source", "service");
                    settings.put("scheduler.kv-index.service.url", kvIndex());
                }
                settings.put("scheduler.discovery.file", files.endpoints().toString());
                settings.put("scheduler.discovery.allow-loopback", "true");
            }
            case GATEWAY -> {
                settings.put("gateway.scheduler.url", "http://127.0.0.1:" + ports.scheduler());
                settings.put("gateway.access.keys-file", files.keys().toString());
                // One key is all that load generators have here.
                settings.put("gateway.access.key-limits.concurrent", "0");
                settings.put("gateway.access.tenant-limits.concurrent", "0");
                settings.put("gateway.access.cache-isolation", "shared");
                settings.put("gateway.access.gateways", String.valueOf(plan.gateways()));
                settings.put("gateway.expose-endpoint", "true");
                settings.put("gateway.limits.connections-per-address", "10000");
                console(settings);
            }
            case AUTOSCALER -> autoscaler(settings);
            case KV_INDEX -> {
                settings.put("kv-index.endpoints-file", files.endpoints().toString());
                // The scheduler asks by keys, which begin with the model's name.
                settings.put("kv-index.model", plan.model());
            }
            case CONFIG_SERVER -> admin(settings);
        }
        return settings;
    }
}
