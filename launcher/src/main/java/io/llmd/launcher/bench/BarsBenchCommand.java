package io.llmd.launcher.bench;

import io.llmd.launcher.terminal.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code llmd bench bars}. Exit codes: 0 all figures taken, also when a bar is missed, 1 one could not be taken, 2 usage, 3 this
 * machine cannot measure, 4 a bar is missed and {@code --strict} given.
 */
@Command(
        name = "bars",
        mixinStandardHelpOptions = true,
        description = {
            "What the services have to hold under load that is said: latency and throughput on one core, thousands of streams,"
                    + " long prompts, overload, queues, slow clients, restarts, recovery from faults, memory at start.",
            "Each figure starts what it needs and ends it; loopback only. Services get one core and all else another one"
                    + " where taskset is there. The bars, and how they are measured: docs/benchmarks.md."
        })
final class BarsBenchCommand implements Callable<Integer> {

    /** All figures, in the order in which they are taken. */
    static final List<BarFigure> FIGURES = List.of(
            new LatencyBar.Added(),
            new LatencyBar.Throughput(),
            new StreamsBar(),
            new LongPromptsBar(),
            new ThreePrioritiesBar(),
            new QueueBar(),
            new SlowClientsBar(),
            new LongSoakBar(),
            new RestartBar(),
            new RecoveryBar(),
            new StartMemoryBar());

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--figures",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "L1,L2,L3,L4,L6,L7,L10,L12,L13,L14",
            description =
                    "What is taken (default: ${DEFAULT-VALUE}, which take about an hour; L11 takes two hours and has to be named).")
    private List<String> names = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Measurements of which the median counts (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Measured time of each figure, all rounds together (default: as the bar says, from 25 s to 10"
                    + " minutes, of L11 two hours; of L13 and L14 of each window).")
    private @Nullable Integer seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "60",
            description = "Load before services are measured (${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            defaultValue = "1",
            description =
                    "Share of the connections, streams and faults that the bars ask for (${DEFAULT-VALUE}); below 1"
                            + " nothing is judged.")
    private double share;

    @Option(names = "--strict", description = "A missed bar is a failure, too.")
    private boolean strict;

    @Option(
            names = "--logs",
            paramLabel = "FOLDER",
            description = "Where logs and files of the parts are kept (default: a folder that is named in the end).")
    private @Nullable Path folder;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    private final List<BarFigure> figures;
    private final List<GoalLine> taken = new CopyOnWriteArrayList<>();
    private volatile boolean isEnding;
    private boolean isPrinted;

    BarsBenchCommand() {
        this(FIGURES);
    }

    /** @param figures there are */
    BarsBenchCommand(List<BarFigure> figures) {
        this.figures = figures;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        List<BarFigure> chosen = names.stream().map(this::figure).toList();
        GoalTable.requireBetween(spec, "rounds", rounds, 1, 100);
        GoalTable.requireBetween(spec, "warm-up", warmUp, 0, 3_600);
        if (seconds != null) {
            GoalTable.requireBetween(spec, "seconds", seconds, 1, 86_400);
        }
        if (!(share > 0 && share <= 1)) {
            throw new ParameterException(spec.commandLine(), "share: " + share + " (expected: above 0, at most 1)");
        }
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time and memory of other processes are read from /proc, so this bench needs Linux");
            return ExitCode.NOT_READY;
        }
        QuietLogs.warningsOnly();
        Path logs = folder == null ? Files.createTempDirectory("llmd-bench-bars") : Files.createDirectories(folder);
        BarRun.Settings settings = new BarRun.Settings(
                rounds,
                seconds == null ? OptionalInt.empty() : OptionalInt.of(seconds),
                Duration.ofSeconds(warmUp),
                share);
        int failed = 0;
        Thread hook = new Thread(this::end, "llmd-bars-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            for (BarFigure figure : chosen) {
                if (!isEnding) {
                    failed += take(figure, settings, logs) ? 0 : 1;
                }
            }
        } finally {
            remove(hook);
            print();
            err.println("logs: " + logs);
        }
        if (failed > 0) {
            return ExitCode.FAILED;
        }
        boolean missed = taken.stream().anyMatch(line -> Boolean.FALSE.equals(line.pass()));
        return strict && missed ? ExitCode.LIMITS_BROKEN : ExitCode.OK;
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs or has run.
        }
    }

    /** Whoever ends this process early still gets what was taken. */
    private void end() {
        isEnding = true;
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        print();
    }

    private synchronized void print() {
        if (!isPrinted) {
            isPrinted = true;
            output.print(spec, taken);
        }
    }

    private BarFigure figure(String name) {
        return figures.stream()
                .filter(figure -> figure.id().equals(name))
                .findFirst()
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "figures: " + name + " (expected: "
                                + String.join(
                                        ", ",
                                        figures.stream().map(BarFigure::id).toList()) + ")"));
    }

    /** What one figure cannot do must not cost the others. */
    private boolean take(BarFigure figure, BarRun.Settings settings, Path logs) throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        try (Pinning pinning = figure.isPinned() ? Pinning.start(err::println) : Pinning.none()) {
            err.println(figure.id() + ": " + figure.title() + (figure.isPinned() ? ", " + pinning.says() : ""));
            err.flush();
            Path own = Files.createDirectories(logs.resolve(figure.id()));
            taken.addAll(figure.take(new BarRun(settings, pinning, own, err)));
            return true;
        } catch (BenchFailure failure) {
            say(figure, String.valueOf(failure.getMessage()));
        } catch (IOException | UncheckedIOException | IllegalStateException failure) {
            say(figure, failure.toString());
        }
        return false;
    }

    private void say(BarFigure figure, String failure) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("llmd: " + figure.id() + ": " + failure);
        err.flush();
    }
}
