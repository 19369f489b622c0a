package io.llmd.launcher.bench;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code llmd bench simulator}. Exit codes: 0 measured, also when the goal is missed, 1 a stream failed, 2 usage, 3 not
 * possible on this system.
 */
@Command(
        name = "simulator",
        mixinStandardHelpOptions = true,
        description = {
            "How late tokens leave many simulated endpoints in one process that serve many streams in real time, and the"
                    + " CPU time of an event.",
            "Endpoints get a core before all others (real-time priority) where this user may ask for it, and clients run in a"
                    + " process of lower priority (nice 10), as if they were elsewhere. Loopback only; all ends with the"
                    + " command. How it measures: docs/benchmarks.md."
        })
final class SimulatorBenchCommand implements Callable<Integer> {
    private static final Map<String, String> USUAL_OPTIONS = Map.of(
            "model", "sim-8b",
            "gpu", "l40s",
            "architecture", "qwen3-14b",
            "kv-cache-size", "16384");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "64",
            description = "Endpoints in the process (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Streams at a time (${DEFAULT-VALUE}).")
    private int streams;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "400",
            description = "Tokens of a stream (${DEFAULT-VALUE}).")
    private int tokens;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Option of llmd sim for all endpoints; may be given several times (default:"
                    + " gpu=l40s, architecture=qwen3-14b, kv-cache-size=16384).")
    private Map<String, String> options = Map.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements, one after the other (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "30",
            description = "Seconds between the last stream's start and the first measurement (${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--usual-priority", description = "Endpoints wait for a core like every other process.")
    private boolean usualPriority;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        requireAtLeastOne("pods", endpoints);
        requireAtLeastOne("streams", streams);
        requireAtLeastOne("tokens", tokens);
        requireAtLeastOne("rounds", rounds);
        requireAtLeastOne("seconds", seconds);
        if (warmUp < 0) {
            throw new ParameterException(spec.commandLine(), "warm-up: " + warmUp + " (expected: >= 0)");
        }
        requireOptionsOfTheSimulator();
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time of other processes is read from /proc, so this bench needs Linux");
            return 3;
        }
        QuietLogs.warningsOnly();
        boolean realTime = !usualPriority && SimulatorBench.mayUseRealTime();
        try (SimulatorBench bench = new SimulatorBench(settings(realTime), err)) {
            print(bench.run(), realTime);
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }

    private void requireAtLeastOne(String name, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), name + ": " + value + " (expected: >= 1)");
        }
    }

    private SimulatorBench.Settings settings(boolean realTime) {
        return new SimulatorBench.Settings(
                endpoints,
                streams,
                tokens,
                chosenOptions(),
                rounds,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(warmUp),
                realTime);
    }

    /** Those given; the usual ones where none is given. */
    private List<String> chosenOptions() {
        Map<String, String> chosen = new LinkedHashMap<>(options.isEmpty() ? USUAL_OPTIONS : options);
        chosen.putIfAbsent("model", "sim-8b");
        chosen.putIfAbsent("kv-cache-size", "16384");
        List<String> list = new ArrayList<>();
        chosen.forEach((name, value) -> list.add(name + "=" + value));
        return list;
    }

    private void requireOptionsOfTheSimulator() {
        SimulatorSettingsBuilder builder = SimulatorSettings.builder();
        try {
            options.forEach(builder::option);
            builder.build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void print(List<GoalLine> lines, boolean realTime) {
        String head = String.format(
                "%d endpoints, %d streams, %s%n  endpoints run with %s priority%n",
                endpoints, streams, String.join(" ", chosenOptions()), realTime ? "real-time" : "usual");
        String foot = lines.getFirst().disturbed() == 0
                ? ""
                : String.format(
                        "  %d of %d rounds were disturbed by other processes%n",
                        lines.getFirst().disturbed(), rounds);
        output.print(spec, lines, head, foot);
    }
}
