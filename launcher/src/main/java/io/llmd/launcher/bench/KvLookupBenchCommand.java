package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd bench kv-lookup}. Exit codes: 0 measured, also when a goal is missed, 1 failed, 2 usage, 3 cannot measure. */
@Command(
        name = "kv-lookup",
        mixinStandardHelpOptions = true,
        description = {
            "How long an index service takes to say which endpoints hold a prompt of 100,000 tokens, as bytes and as JSON, and how",
            "many such questions one core answers. Loopback only; the service ends with the command. How it measures:",
            "docs/benchmarks.md."
        })
final class KvLookupBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "10",
            description = "Engines whose caches are full (${DEFAULT-VALUE}).")
    private int engines;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "10",
            description = "Questions a second while latency is measured (${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements of each figure (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        GoalTable.requireBetween(spec, "pods", engines, 1, 10);
        GoalTable.requireBetween(spec, "rate", rate, 1, 100);
        GoalTable.requireBetween(spec, "rounds", rounds, 1, 100);
        GoalTable.requireBetween(spec, "seconds", seconds, 1, 600);
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time is read from /proc, which this machine does not have");
            return 3;
        }
        try {
            output.print(
                    spec,
                    new KvLookupBench(
                                    new KvLookupBench.Settings(engines, rate, rounds, Duration.ofSeconds(seconds)), err)
                            .run());
            return 0;
        } catch (BenchFailure | IOException failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }
}
