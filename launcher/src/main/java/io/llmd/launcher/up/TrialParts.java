package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Makes the parts of a trial, in one process or in many. */
final class TrialParts {

    private static final List<String> SERVICE_OPTIONS = List.of("-Xmx384m");
    private static final List<String> ENDPOINT_OPTIONS = List.of("-Xmx192m");

    private final LlmdHome home;
    private final TrialPlan plan;
    private final TrialSettings settings;
    private final ServiceContexts contexts = new ServiceContexts();
    private final PartLogs logs;
    private final Map<Integer, TrialPart> firstEndpoints = new LinkedHashMap<>();

    TrialParts(LlmdHome home, TrialPlan plan, TrialFiles files, DemoKey key) {
        this.home = home;
        this.plan = plan;
        this.settings = new TrialSettings(plan, files, key);
        this.logs = new PartLogs(home);
    }

    /** Groups in order of starting; the parts of a group do not need each other. */
    List<List<TrialPart>> phases() {
        if (!plan.processes()) {
            logs.attach();
        }
        List<TrialPart> first = new ArrayList<>();
        first.add(service(Role.CONFIG_SERVER));
        IntStream.rangeClosed(1, plan.endpoints()).forEach(number -> {
            TrialPart part = endpoint(number);
            firstEndpoints.put(number, part);
            first.add(part);
        });
        List<List<TrialPart>> phases = new ArrayList<>(List.of(first));
        if (plan.kvIndex()) {
            phases.add(List.of(service(Role.KV_INDEX)));
        }
        phases.add(List.of(service(Role.SCHEDULER)));
        if (plan.scaling() != null) {
            phases.add(List.of(service(Role.AUTOSCALER)));
        }
        phases.add(List.of(service(Role.GATEWAY)));
        if (plan.gateways() > 1) {
            phases.add(IntStream.rangeClosed(2, plan.gateways())
                    .mapToObj(this::furtherGateway)
                    .toList());
        }
        return phases;
    }

    /** Endpoints of {@link #phases}, by number. */
    Map<Integer, TrialPart> firstEndpoints() {
        return firstEndpoints;
    }

    private TrialPart service(Role role) {
        Map<String, String> values = settings.of(role);
        if (!plan.processes()) {
            return new ServicePart(role, plan.ports(), values, contexts, logs);
        }
        List<String> arguments = new ArrayList<>(List.of("serve", "--roles", role.serviceName()));
        addSettings(arguments, values);
        return new ProcessPart(
                role.serviceName(),
                "",
                "http://localhost:" + role.port(plan.ports()),
                ServicePart.healthOf(role, plan.ports()),
                ChildCommand.of(SERVICE_OPTIONS, arguments),
                home.log(role.serviceName()));
    }

    /** A gateway and its scheduler in a process of their own, which know nothing of what the first ones do. */
    private TrialPart furtherGateway(int number) {
        SuitePorts ports = plan.ports().ofGateway(number);
        List<String> arguments = new ArrayList<>(List.of(
                "serve", "--roles", Role.SCHEDULER.serviceName() + "," + Role.GATEWAY.serviceName(), "--port-base"));
        arguments.add(String.valueOf(ports.gateway()));
        addSettings(arguments, settings.ofFurther(ports));
        String name = Role.GATEWAY.serviceName() + "-" + number;
        return new ProcessPart(
                name,
                "",
                "http://localhost:" + ports.gateway(),
                ServicePart.healthOf(Role.GATEWAY, ports),
                ChildCommand.of(SERVICE_OPTIONS, arguments),
                home.log(name));
    }

    private static void addSettings(List<String> arguments, Map<String, String> values) {
        values.forEach((name, value) -> {
            arguments.add("--set");
            arguments.add(name + "=" + value);
        });
    }

    /** The endpoint of a number, not yet begun. */
    TrialPart endpoint(int number) {
        String name = "sim-" + number;
        Map<String, String> options = new LinkedHashMap<>();
        options.put("host", "127.0.0.1");
        options.put("port", String.valueOf(plan.ports().endpoint(number)));
        options.put("model", plan.model());
        options.put("seed", String.valueOf(number));
        options.put("kv-events-config", events(number));
        options.put("time-scale", String.valueOf(plan.timeScale(number)));
        if (plan.scaling() != null) {
            // Small hardware, so that a laptop can ask for more of it than one endpoint gives.
            options.put("gpu", "l40s");
            options.put("architecture", "qwen3-14b");
            options.put("max-num-seqs", String.valueOf(TrialSettings.SCALED_SEQUENCES));
        }
        if (plan.isSplit()) {
            options.put("role", plan.role(number).equals("prefill-decode") ? "both" : plan.role(number));
            options.put("kv-connector", "nixl");
            options.put("kv-handshake-time", "500ms");
            options.put("nixl-side-channel-host", "127.0.0.1");
            options.put("nixl-side-channel-port", "0");
        }
        options.putAll(plan.simulated());
        String role = plan.isSplit() ? plan.role(number) : "";
        if (!plan.processes()) {
            return new EndpointPart(name, role, SimulatorSettings.fromOptions(options));
        }
        List<String> arguments = new ArrayList<>(List.of("sim"));
        options.forEach((option, value) -> arguments.add("--" + option + "=" + value));
        return new ProcessPart(
                name,
                role,
                "http://localhost:" + options.get("port"),
                "http://127.0.0.1:" + options.get("port") + "/health",
                ChildCommand.of(ENDPOINT_OPTIONS, arguments),
                home.log(name));
    }

    /**
     * As vLLM takes it: an address binds only when it holds {@code *} or {@code ::}, so the loopback address is written as an
     * IPv6 one. The topic is the one that llm-d's schedulers look for.
     */
    private String events(int number) {
        return "{\"enable_kv_cache_events\": true, \"publisher\": \"zmq\", \"topic\": \"kv@{host}:{port}@{model}\","
                + " \"endpoint\": \"tcp://[::ffff:127.0.0.1]:" + plan.ports().endpointEvents(number)
                + "\", \"replay_endpoint\": \"tcp://127.0.0.1:" + plan.ports().endpointEventReplay(number) + "\"}";
    }
}
