package io.llmd.launcher.bench;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.serve.Role;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** The services that a cluster runs, each alone in a process, or all in one; nobody asks them for anything. */
final class RoleProcesses implements AutoCloseable {

    /** In the order in which one process starts them. */
    static final List<Role> ROLES =
            List.of(Role.CONFIG_SERVER, Role.KV_INDEX, Role.SCHEDULER, Role.AUTOSCALER, Role.GATEWAY);

    private final List<SoakPart> parts = new ArrayList<>();
    private final Path folder;
    private final int base;

    /** All in one process. */
    RoleProcesses(List<String> options, Path folder) throws IOException {
        this.folder = folder;
        base = freeBase();
        parts.add(part("all", ROLES, options, Role.GATEWAY));
    }

    /** Each in a process of its own. */
    RoleProcesses(Function<Role, List<String>> options, Path folder) throws IOException {
        this.folder = folder;
        base = freeBase();
        for (Role role : ROLES) {
            parts.add(part(role.serviceName(), List.of(role), options.apply(role), role));
        }
    }

    private static int freeBase() throws IOException {
        List<Integer> distances = new ArrayList<>();
        SuitePorts usual = new SuitePorts(SuitePorts.DEFAULT_GATEWAY);
        for (Role role : ROLES) {
            distances.add(role.port(usual) - SuitePorts.DEFAULT_GATEWAY);
            distances.add(role.managementPort(usual) - SuitePorts.DEFAULT_GATEWAY);
        }
        distances.removeIf(distance -> distance == 0);
        return Ports.free(ThreadLocalRandom.current(), distances);
    }

    private SoakPart part(String name, List<Role> roles, List<String> options, Role last) throws IOException {
        Path keys = folder.resolve("keys.yaml");
        Files.writeString(keys, "keys: []\n");
        List<String> arguments = List.of(
                "serve",
                "--roles",
                String.join(",", roles.stream().map(Role::serviceName).toList()),
                "--port-base",
                Integer.toString(base),
                "--set",
                "spring.cloud.config.enabled=false",
                "--set",
                "server.address=127.0.0.1",
                "--set",
                "management.server.address=127.0.0.1",
                "--set",
                "gateway.access.keys-file=" + keys);
        return new SoakPart(
                name,
                ChildJvm.command(options, "io.llmd.launcher.Llmd", arguments),
                URI.create(
                        "http://127.0.0.1:" + last.managementPort(new SuitePorts(base)) + "/actuator/health/liveness"),
                folder.resolve(name + ".log"));
    }

    /** Starts all and waits until they live. */
    void start() throws IOException, InterruptedException {
        for (SoakPart part : parts) {
            part.start();
            part.awaitReady();
        }
    }

    /** Tells all to end, and waits for that. */
    void stop() throws InterruptedException {
        for (SoakPart part : parts) {
            if (!part.stop()) {
                throw new BenchFailure(part.name() + ": did not end when told to");
            }
        }
    }

    /** In the order of {@link #ROLES}. */
    List<SoakPart> parts() {
        return List.copyOf(parts);
    }

    @Override
    public void close() {
        parts.forEach(SoakPart::close);
    }
}
