package io.llmd.launcher.serve;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code llmd serve}: the entry point of images. Runs any services in one process until it is told to end. */
@Command(
        name = "serve",
        description = "Run services in one process until it is told to end.",
        footer = {
            "",
            "Services read their own configuration; settings also come from the environment (GATEWAY_…, SCHEDULER_…, KV_INDEX_…, AUTOSCALER_…).",
            "Exit codes: 0 ended when told to, 1 a service did not start, 2 usage."
        })
public final class ServeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--roles",
            paramLabel = "ROLE",
            split = ",",
            required = true,
            description =
                    "services to run, with commas between: config-server, kv-index, scheduler, autoscaler, gateway, sidecar, coordinator")
    private List<String> roles = List.of();

    @Option(
            names = "--port-base",
            paramLabel = "N",
            description =
                    "port of the gateway, from which the others keep their distance (default: each service's own)")
    private @Nullable Integer portBase;

    @Option(names = "--config", paramLabel = "FILE", description = "scheduling configuration (EndpointPickerConfig)")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "setting that wins over all others; may be repeated")
    private Map<String, String> settings = Map.of();

    public ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Set<Role> wanted = Role.parse(roles);
        SuitePorts ports = portBase == null ? null : new SuitePorts(portBase);
        ServiceContexts services = new ServiceContexts();
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    services.close();
                    AsyncLogs.flush();
                    ended.countDown();
                },
                "llmd-serve-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        for (Role role : wanted) {
            try {
                services.start(
                        role,
                        settings(role, ports),
                        Stream.of(
                                context -> AsyncLogs.attach(),
                                context -> context.addApplicationListener(new CollectionBeforeReady())));
            } catch (RuntimeException e) {
                terminal.note("llmd serve: " + role.serviceName() + " did not start: " + e.getMessage());
                return ExitCode.FAILED;
            }
        }
        ended.await();
        return ExitCode.OK;
    }

    private Map<String, String> settings(Role role, @Nullable SuitePorts ports) {
        Map<String, String> all = new LinkedHashMap<>();
        if (ports != null) {
            all.putAll(role.portSettings(ports));
        }
        if (config != null && role == Role.SCHEDULER) {
            all.put("scheduler.config-file", config.toAbsolutePath().toString());
        }
        all.putAll(settings);
        return all;
    }
}
