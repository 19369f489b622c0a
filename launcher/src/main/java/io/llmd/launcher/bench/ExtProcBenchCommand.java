package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code llmd bench extproc}. Exit codes: 0 measured, 1 a contender did not start or a request failed, 2 usage, 3 not possible on
 * this system.
 */
@Command(
        name = "extproc",
        mixinStandardHelpOptions = true,
        description = {
            "What the scheduler costs a proxy that asks it over ext_proc, for bodies of 1, 40 and 400 KiB and for streams of"
                    + " 100 events, beside a processor that reads nothing.",
            "Loopback only; all ends with the command. How it measures: docs/benchmarks.md."
        })
final class ExtProcBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "8",
            description = "Requests under way (${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(
            names = "--shapes",
            paramLabel = "SHAPE",
            split = ",",
            defaultValue = "1kb,40kb,400kb,stream",
            description = "Kinds of request, with commas between: 1kb, 40kb, 400kb, stream (all of them).")
    private List<String> shapes = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements of each figure (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "15",
            description = "Seconds before the first measurement of each kind of request (${DEFAULT-VALUE}).")
    private int warmUp;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        GoalTable.requireBetween(spec, "concurrency", concurrency, 1, 1000);
        GoalTable.requireBetween(spec, "rounds", rounds, 1, 100);
        GoalTable.requireBetween(spec, "seconds", seconds, 1, 600);
        GoalTable.requireBetween(spec, "warm-up", warmUp, 0, 600);
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time of other processes is read from /proc, so this bench needs Linux");
            return 3;
        }
        QuietLogs.warningsOnly();
        ExtProcBench.Settings settings = new ExtProcBench.Settings(
                shapes(), concurrency, rounds, Duration.ofSeconds(seconds), Duration.ofSeconds(warmUp));
        try (ExtProcBench bench = new ExtProcBench(settings, err)) {
            output.print(spec, bench.run());
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }

    private List<ExtProcShape> shapes() {
        List<ExtProcShape> known = new ArrayList<>();
        for (String label : shapes) {
            known.add(ExtProcShape.labelled(label)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "shapes: " + label + " (expected: 1kb, 40kb, 400kb or stream)")));
        }
        return known;
    }
}
