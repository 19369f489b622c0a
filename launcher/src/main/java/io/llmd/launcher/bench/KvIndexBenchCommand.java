package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd bench kv-index}. Exit codes: 0 measured, also when a goal is missed, 1 an answer was wrong, 2 usage. */
@Command(
        name = "kv-index",
        mixinStandardHelpOptions = true,
        description = {
            "Block operations, look-ups, events and memory of the KV-cache index, beside a map of sets.",
            "In this process, no sockets. How it measures: docs/benchmarks.md."
        })
final class KvIndexBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Trace of Mooncake's form, JSON lines with hash_ids, gzip or not (default: a synthetic one).")
    private @Nullable Path trace;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "48",
            description = "Endpoints that serve the trace (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--passes",
            paramLabel = "N",
            defaultValue = "20",
            description = "How often the trace is played, with other contents each time (${DEFAULT-VALUE}).")
    private int passes;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Measurements of each figure (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "3",
            description = "Length of a measurement of look-ups or events, a third of it to warm up (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--memory-blocks",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "Blocks for the bytes per block (${DEFAULT-VALUE}).")
    private int memoryBlocks;

    @Option(
            names = "--steady",
            paramLabel = "MINUTES",
            defaultValue = "0",
            description =
                    "Nothing but a steady rate of events beside look-ups, for so long (${DEFAULT-VALUE}: not at all).")
    private int steadyMinutes;

    @Option(
            names = "--block-ops",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Stored and removed blocks a second of the steady rate (${DEFAULT-VALUE}).")
    private int blockOps;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        GoalTable.requireBetween(spec, "pods", endpoints, 1, 10_000);
        GoalTable.requireBetween(spec, "passes", passes, 1, 1_000);
        GoalTable.requireBetween(spec, "rounds", rounds, 1, 100);
        GoalTable.requireBetween(spec, "seconds", seconds, 1, 600);
        GoalTable.requireBetween(spec, "memory-blocks", memoryBlocks, 100_000, 60_000_000);
        GoalTable.requireBetween(spec, "steady", steadyMinutes, 0, 600);
        GoalTable.requireBetween(spec, "block-ops", blockOps, 10_000, 10_000_000);
        KvIndexBench.Settings settings =
                new KvIndexBench.Settings(trace, endpoints, passes, rounds, Duration.ofSeconds(seconds), memoryBlocks);
        try {
            if (steadyMinutes > 0) {
                KvIndexSteady.Settings steady = new KvIndexSteady.Settings(Duration.ofMinutes(steadyMinutes), blockOps);
                output.print(spec, new KvIndexSteady(steady, err).run());
            } else {
                output.print(spec, new KvIndexBench(settings, err).run());
            }
            return 0;
        } catch (BenchFailure | IOException failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }
}
