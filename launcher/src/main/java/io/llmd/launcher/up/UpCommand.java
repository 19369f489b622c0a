package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.ServiceApi;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd up}: starts config server, scheduler, gateway and simulated endpoints on this machine. */
@Command(
        name = "up",
        description = "Start the whole suite with simulated endpoints on this machine; needs no GPU and no network.",
        footer = {
            "",
            "Everything listens on the loopback address. Files are kept in .llmd beside the start script.",
            "Exit codes: 0 ended when told to (or ready, with --detach), 1 a part did not start, 2 usage."
        })
public final class UpCommand implements Callable<Integer> {

    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);
    private static final int SHOWN_LOG_LINES = 5;
    private static final int DEFAULT_ENDPOINTS = 3;
    private static final long SCALE_MILLIS = 500;

    private final Terminal terminal;
    private final LlmdHome home = LlmdHome.current();
    private final RunFile runFile = new RunFile(home);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            description =
                    "simulated endpoints that serve both phases (default: 3, or 1 with --with-autoscaler, or 0 with --prefill and --decode)")
    private @Nullable Integer endpoints;

    @Option(
            names = "--prefill",
            paramLabel = "N",
            defaultValue = "0",
            description = "further ones that only compute prompts (default: ${DEFAULT-VALUE})")
    private int prefill;

    @Option(
            names = "--decode",
            paramLabel = "N",
            defaultValue = "0",
            description = "further ones that only answer, with prompts computed elsewhere (default: ${DEFAULT-VALUE})")
    private int decode;

    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME",
            defaultValue = "sim-8b",
            description = "model that they serve (default: ${DEFAULT-VALUE})")
    private String model = "";

    @Option(names = "--config", paramLabel = "FILE", description = "scheduling configuration (EndpointPickerConfig)")
    private @Nullable Path config;

    @Option(names = "--processes", description = "one process per service and endpoint, so that each can be killed")
    private boolean processes;

    @Option(names = "--slow-pod", description = "let the last endpoint take three times as long as the others")
    private boolean slowEndpoint;

    @Option(
            names = "--with-kv-index",
            description = "let a KV index follow what endpoints hold by their events, and decide by that")
    private boolean withKvIndex;

    @Option(
            names = "--with-autoscaler",
            description =
                    "let an autoscaler decide how many endpoints there are, as './llmd load --profile ramp' shows")
    private boolean withAutoscaler;

    @Option(
            names = "--max-pods",
            paramLabel = "N",
            defaultValue = "6",
            description = "most endpoints that the autoscaler may ask for (default: ${DEFAULT-VALUE})")
    private int maxEndpoints;

    @Option(
            names = "--cold-start",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "time that such an endpoint takes to start (default: ${DEFAULT-VALUE})")
    private Duration coldStart = Duration.ZERO;

    @Option(
            names = "--gateways",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "gateways, each with a scheduler of its own; load goes to them in turn (default: ${DEFAULT-VALUE})")
    private int gateways;

    @Option(
            names = "--sim",
            paramLabel = "NAME=VALUE",
            description = "option of every simulated endpoint, such as gpu=h100; may be repeated ('./llmd sim --help')")
    private Map<String, String> simulated = Map.of();

    @Option(names = "--detach", description = "return when all is ready")
    private boolean detach;

    @Option(
            names = "--port-base",
            paramLabel = "N",
            defaultValue = "8080",
            description = "port of the gateway, from which the others keep their distance (default: ${DEFAULT-VALUE})")
    private int portBase;

    public UpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Integer wanted = endpoints;
        if (wanted != null && wanted < 0) {
            throw CommandFailure.usage("--pods: " + wanted + " (expected: >= 0)");
        }
        TrialPlan plan = new TrialPlan(
                new SuitePorts(portBase),
                total(),
                prefill,
                decode,
                model,
                config,
                processes,
                slowEndpoint,
                withAutoscaler ? new Scaling(maxEndpoints, coldStart) : null,
                simulated,
                gateways,
                withKvIndex);
        if (config != null && !Files.isReadable(config)) {
            throw CommandFailure.usage("--config: " + config + " cannot be read");
        }
        checkNotRunning();
        checkPorts(plan);
        if (detach) {
            return new Detached(home, runFile, terminal).start(arguments());
        }
        return run(plan);
    }

    private int total() {
        int split = Math.max(0, prefill) + Math.max(0, decode);
        Integer wanted = endpoints;
        int usual = withAutoscaler ? 1 : DEFAULT_ENDPOINTS;
        return wanted == null ? split == 0 ? usual : split : wanted + split;
    }

    /** The whole command line, so that the process in the background starts the same trial. */
    private List<String> arguments() {
        return spec.commandLine().getParseResult().originalArgs().stream()
                .filter(argument -> !argument.equals("--detach"))
                .toList();
    }

    private void checkNotRunning() throws InterruptedException {
        switch (runFile.status()) {
            case RunStatus.Absent() -> {}
            case RunStatus.Running(RunState state) ->
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "already running as process " + state.pid() + " at " + state.gateway()
                                + "; see './llmd status', or './llmd down' first");
            case RunStatus.Stale(RunState state) -> {
                terminal.note(
                        "an earlier start (process " + state.pid() + ") ended without cleaning up; starting anew");
                new Leftovers(STOP_PATIENCE).end(state);
                runFile.delete();
            }
            case RunStatus.Unreadable(String reason) -> {
                terminal.note("forgetting an unreadable run file: " + reason);
                runFile.delete();
            }
        }
    }

    private static void checkPorts(TrialPlan plan) {
        Ports ports = new Ports();
        List<String> taken = new ArrayList<>();
        plan.allPorts().forEach((use, port) -> {
            if (!ports.isFree(port)) {
                taken.add("port " + port + " (" + use + ") is in use by " + ports.ownerText(port));
            }
        });
        if (!taken.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.FAILED, String.join("; ", taken) + ". End it, or start with --port-base 18080");
        }
    }

    private int run(TrialPlan plan) throws InterruptedException {
        long begin = System.nanoTime();
        TrialFiles files = new TrialFiles(home, plan);
        DemoKey key = DemoKey.generate(new SecureRandom());
        files.write(key);
        TrialParts parts = new TrialParts(home, plan, files, key);
        Trial trial = new Trial(parts.phases(), START_LIMIT, STOP_PATIENCE, terminal);
        ServiceApi autoscaler = new ServiceApi(
                "autoscaler", URI.create("http://127.0.0.1:" + plan.ports().autoscaler()));
        Scaling scaling = plan.scaling();
        ScaleTarget target = scaling == null
                ? null
                : new ScaleTarget(
                        scaling,
                        files,
                        parts.firstEndpoints(),
                        parts::endpoint,
                        trial,
                        new AutoscalerWanted(autoscaler),
                        terminal,
                        () -> runFile.write(state(plan, key, trial.described()).asReady()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(trial, target), "llmd-up-stop"));
        runFile.write(state(plan, key, trial.described()));
        try {
            trial.start(begun -> runFile.write(state(plan, key, begun)));
        } catch (StartFailure failure) {
            explain(failure);
            return ExitCode.FAILED;
        }
        runFile.write(state(plan, key, trial.described()).asReady());
        terminal.println(ClosingScreen.text(plan, key, Duration.ofNanos(System.nanoTime() - begin)));
        if (target != null) {
            Thread.ofPlatform().daemon().name("llmd-up-scale").start(() -> follow(target));
        }
        trial.watch();
        return ExitCode.OK;
    }

    /** Until the process ends. What goes wrong once is said, and may go well the next time. */
    private void follow(ScaleTarget target) {
        try {
            while (true) {
                try {
                    target.step(System.nanoTime());
                } catch (RuntimeException e) {
                    terminal.note(terminal.bad("scaling failed: " + e.getMessage()));
                }
                TimeUnit.MILLISECONDS.sleep(SCALE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(Trial trial, @Nullable ScaleTarget target) {
        try {
            if (target != null) {
                target.close();
            }
            trial.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            runFile.delete();
        }
    }

    private static RunState state(TrialPlan plan, DemoKey key, List<RunState.Part> parts) {
        return new RunState(
                ProcessHandle.current().pid(),
                RunFile.startOf(ProcessHandle.current()),
                false,
                "http://localhost:" + plan.ports().gateway(),
                key.secret(),
                plan.model(),
                parts);
    }

    private void explain(StartFailure failure) {
        Path log = home.log(failure.part());
        terminal.note(terminal.bad("llmd up: " + failure.part() + " did not start: " + failure.getMessage()));
        LogTail.lines(log, SHOWN_LOG_LINES).forEach(line -> terminal.note("   | " + line));
        terminal.note("The whole log is " + log + "; './llmd doctor' looks at the machine.");
    }
}
