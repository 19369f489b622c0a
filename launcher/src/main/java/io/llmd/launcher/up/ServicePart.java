package io.llmd.launcher.up;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/** A service in this process. */
final class ServicePart implements TrialPart {

    private final Role role;
    private final SuitePorts ports;
    private final Map<String, String> settings;
    private final ServiceContexts contexts;
    private final PartLogs logs;

    ServicePart(Role role, SuitePorts ports, Map<String, String> settings, ServiceContexts contexts, PartLogs logs) {
        this.role = role;
        this.ports = ports;
        this.settings = settings;
        this.contexts = contexts;
        this.logs = logs;
    }

    @Override
    public String name() {
        return role.serviceName();
    }

    @Override
    public String url() {
        return "http://localhost:" + role.port(ports);
    }

    @Override
    public String health() {
        return healthOf(role, ports);
    }

    static String healthOf(Role role, SuitePorts ports) {
        return "http://127.0.0.1:" + role.managementPort(ports) + "/actuator/health";
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public void begin() {
        logs.starting(role.serviceName());
        contexts.start(role, settings, Stream.of(context -> logs.attach()));
    }

    @Override
    public boolean isAlive() {
        return true;
    }

    @Override
    public void stop(Duration patience) {
        contexts.stop(role);
    }
}
