package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code llmd bench scrape}. Exit codes: 0 measured, also when the goal is missed, 1 a page could not be read, 2 usage, 3
 * not possible on this system.
 */
@Command(
        name = "scrape",
        mixinStandardHelpOptions = true,
        description = {
            "CPU that the scheduler needs to read the metrics pages of many endpoints: every second, with the usual settings"
                    + " while requests flow, and every 50 ms without a bound.",
            "Pages come from another process. Loopback only; all ends with the command. How it measures: docs/benchmarks.md."
        })
final class ScrapeBenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Option(
            names = "--pods",
            paramLabel = "N",
            defaultValue = "100",
            description = "Endpoints whose pages are read (${DEFAULT-VALUE}).")
    private int endpoints;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements of each interval (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "6",
            description = "Length of one measurement (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "10",
            description = "Seconds before the first measurement of each interval (${DEFAULT-VALUE}).")
    private int warmUp;

    @Mixin
    private final GoalOutput output = new GoalOutput();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        requireAtLeast("pods", endpoints, 1);
        requireAtLeast("rounds", rounds, 1);
        requireAtLeast("seconds", seconds, 1);
        requireAtLeast("warm-up", warmUp, 0);
        if (!CpuMeter.isSupported()) {
            err.println("llmd: CPU time of other processes is read from /proc, so this bench needs Linux");
            return 3;
        }
        QuietLogs.warningsOnly();
        ScrapeBench.Settings settings =
                new ScrapeBench.Settings(endpoints, rounds, Duration.ofSeconds(seconds), Duration.ofSeconds(warmUp));
        try (ScrapeBench bench = new ScrapeBench(settings, err)) {
            output.print(spec, bench.run(), head(), "");
            return 0;
        } catch (BenchFailure failure) {
            err.println("llmd: " + failure.getMessage());
            return 1;
        }
    }

    private void requireAtLeast(String name, int value, int least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), name + ": " + value + " (expected: >= " + least + ")");
        }
    }

    private String head() {
        return String.format(
                "%d endpoints, pages of %,d bytes%n",
                endpoints, ScrapePages.page().length());
    }
}
