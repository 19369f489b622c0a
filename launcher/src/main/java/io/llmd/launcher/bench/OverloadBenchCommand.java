package io.llmd.launcher.bench;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code llmd bench overload}. Exit codes: 0 measured, also when a goal is missed, 1 a part did not start, 2 usage. */
@Command(
        name = "overload",
        mixinStandardHelpOptions = true,
        description = {
            "What important clients feel when more is asked than the endpoints can take: with flow control, and without, where"
                    + " all requests wait in the endpoints in the order in which they came.",
            "Starts simulated endpoints, gateway and scheduler, measures what the endpoints can take, and sends more with"
                    + " the keys of two priorities. Loopback only; all ends with the command. How it measures:"
                    + " docs/benchmarks.md."
        })
final class OverloadBenchCommand implements Callable<Integer> {

    private static final Map<String, String> USUAL_OPTIONS = Map.of("gpu", "l40s", "architecture", "qwen3-14b");
    private static final Map<String, String> NEEDED_OPTIONS =
            Map.of("model", "sim-8b", "max-num-seqs", "16", "kv-cache-size", "16384");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(names = "--pods", paramLabel = "N", defaultValue = "2", description = "Endpoints (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--overload",
            paramLabel = "FACTOR",
            defaultValue = "1.5",
            description = "Offered load over what the endpoints can take (${DEFAULT-VALUE}).")
    private double overload;

    @Option(
            names = "--high-share",
            paramLabel = "SHARE",
            defaultValue = "0.2",
            description = "Share of the requests with high priority (${DEFAULT-VALUE}).")
    private double highShare;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Option of llmd sim for all endpoints; may be given several times (default:"
                    + " gpu=l40s, architecture=qwen3-14b; always max-num-seqs=16, kv-cache-size=16384 unless given).")
    private Map<String, String> options = Map.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "2",
            description = "Measurements of each contender, one after the other (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "45",
            description = "How long requests are sent in one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--calibration",
            paramLabel = "S",
            defaultValue = "15",
            description = "How long the capacity is measured, after a warm-up as long (${DEFAULT-VALUE}).")
    private int calibration;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        require("pods", endpoints, endpoints >= 1, ">= 1");
        require("overload", overload, overload > 0 && overload <= 10, "> 0, at most 10");
        require("high-share", highShare, highShare > 0 && highShare < 1, "between 0 and 1");
        require("rounds", rounds, rounds >= 1, ">= 1");
        require("seconds", seconds, seconds >= 1, ">= 1");
        require("calibration", calibration, calibration >= 1, ">= 1");
        requireOptionsOfTheSimulator();
        QuietLogs.warningsOnly();
        Path folder = Files.createTempDirectory("llmd-bench-overload");
        try {
            output.print(spec, new OverloadBench(settings(), err, folder).run(), head(), "");
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        } finally {
            delete(folder);
        }
    }

    private void require(String name, Object value, boolean holds, String expected) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), name + ": " + value + " (expected: " + expected + ")");
        }
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

    private OverloadBench.Settings settings() {
        Map<String, String> chosen = new LinkedHashMap<>(options.isEmpty() ? USUAL_OPTIONS : options);
        NEEDED_OPTIONS.forEach(chosen::putIfAbsent);
        List<String> list = new ArrayList<>();
        chosen.forEach((name, value) -> list.add(name + "=" + value));
        return new OverloadBench.Settings(
                endpoints,
                list,
                overload,
                highShare,
                rounds,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(calibration));
    }

    private String head() {
        return String.format(
                "%d endpoints, %.2f times their capacity, %.0f %% of it important%n",
                endpoints, overload, highShare * 100);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
