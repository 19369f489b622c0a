package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd bench kv-events}. Exit codes: 0 measured, also when a goal is missed, 1 events were lost, 2 usage. */
@Command(
        name = "kv-events",
        mixinStandardHelpOptions = true,
        description = {
            "How soon look-ups see what engines publish, over sockets on loopback or with Kafka between, and the CPU time of",
            "reading it. How it measures: docs/benchmarks.md."
        })
final class KvEventsBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "8",
            description = "Engines that publish (${DEFAULT-VALUE}).")
    private int engines;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Stored and removed blocks a second, of all engines together (${DEFAULT-VALUE}).")
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

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT",
            defaultValue = "",
            description = "Kafka brokers between engines and index, in topics of their own (none).")
    private String bootstrapServers = "";

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        GoalTable.requireBetween(spec, "pods", engines, 1, 100);
        GoalTable.requireBetween(spec, "rate", rate, 1_000, 10_000_000);
        GoalTable.requireBetween(spec, "rounds", rounds, 1, 100);
        GoalTable.requireBetween(spec, "seconds", seconds, 1, 600);
        try {
            output.print(
                    spec,
                    new KvEventsBench(
                                    new KvEventsBench.Settings(
                                            engines, rate, rounds, Duration.ofSeconds(seconds), bootstrapServers),
                                    err)
                            .run());
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }
}
