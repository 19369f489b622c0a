package io.llmd.launcher.bench;

import io.llmd.launcher.terminal.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code llmd bench soak}. Exit codes: 0 nothing was left, 1 something was, or a part did not start, 2 usage. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = {
            "Steady load through a gateway, a scheduler and simulated endpoints in processes of their own, with something that"
                    + " goes wrong at regular intervals; and whether anything is left of it in the end.",
            "Looks for requests without an outcome, places, leases, buffers and file descriptors that were not given back, and"
                    + " for heap that grows. Loopback only; all ends with the command. How it measures: docs/benchmarks.md."
        })
final class SoakBenchCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            defaultValue = "60m",
            description = "How long requests are sent (${DEFAULT-VALUE}).")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--rps",
            paramLabel = "RATE",
            defaultValue = "20",
            description = "Requests per second, open loop (${DEFAULT-VALUE}).")
    private double requestsPerSecond;

    @Option(
            names = "--fault-every",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "From one fault to the next (${DEFAULT-VALUE}).")
    private Duration faultEvery = Duration.ZERO;

    @Option(names = "--pods", paramLabel = "N", defaultValue = "3", description = "Endpoints (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the requests, and of the order of faults (${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--logs",
            paramLabel = "FOLDER",
            description = "Where logs and files of the parts are kept (default: a folder that is named in the end).")
    private @Nullable Path folder;

    @Option(names = "--json", description = "One JSON object per line instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        require("for", duration, duration.compareTo(Duration.ofSeconds(10)) >= 0, "at least 10s");
        require("rps", requestsPerSecond, requestsPerSecond > 0 && requestsPerSecond <= 1000, "> 0, at most 1000");
        require("fault-every", faultEvery, faultEvery.compareTo(Duration.ofSeconds(5)) >= 0, "at least 5s");
        require("pods", endpoints, endpoints >= 2 && endpoints <= 16, "2 to 16");
        QuietLogs.warningsOnly();
        Path logs = folder == null ? Files.createTempDirectory("llmd-bench-soak") : Files.createDirectories(folder);
        try (SoakFleet fleet = new SoakFleet(SoakFleet.Setup.watched(endpoints, SoakFleet.Routing.ESTIMATED), logs)) {
            Thread hook = new Thread(fleet::close, "llmd-soak-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            return print(
                    new SoakBench(new SoakBench.Settings(duration, requestsPerSecond, faultEvery, seed), fleet, err)
                            .run());
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return ExitCode.FAILED;
        } finally {
            err.println("logs: " + logs);
        }
    }

    private void require(String name, Object value, boolean holds, String expected) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), name + ": " + value + " (expected: " + expected + ")");
        }
    }

    private int print(List<GoalLine> lines) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            GoalTable.json(out, lines);
        } else {
            GoalTable.print(out, lines);
        }
        out.flush();
        return lines.stream().anyMatch(line -> Boolean.FALSE.equals(line.pass())) ? ExitCode.FAILED : ExitCode.OK;
    }
}
