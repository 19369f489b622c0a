package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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

    private final Terminal terminal;
    private final LlmdHome home = LlmdHome.current();
    private final RunFile runFile = new RunFile(home);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            description = "simulated endpoints that serve both phases (default: 3, or 0 with --prefill and --decode)")
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
                new SuitePorts(portBase), total(), prefill, decode, model, config, processes, slowEndpoint);
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
        return wanted == null ? split == 0 ? DEFAULT_ENDPOINTS : split : wanted + split;
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
        plan.ports().all(plan.endpoints()).forEach((use, port) -> {
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
        Trial trial = new Trial(new TrialParts(home, plan, files).phases(), START_LIMIT, STOP_PATIENCE, terminal);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(trial), "llmd-up-stop"));
        runFile.write(state(plan, key, trial.described()));
        try {
            trial.start(parts -> runFile.write(state(plan, key, parts)));
        } catch (StartFailure failure) {
            explain(failure);
            return ExitCode.FAILED;
        }
        runFile.write(state(plan, key, trial.described()).asReady());
        terminal.println(ClosingScreen.text(plan, key, Duration.ofNanos(System.nanoTime() - begin)));
        trial.watch();
        return ExitCode.OK;
    }

    private void end(Trial trial) {
        try {
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
