package io.llmd.launcher.bench;

import io.llmd.launcher.load.LoadComparison;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;

/** {@code llmd bench compare}: two runs of {@code llmd load}, one against the other. */
@Command(
        name = "compare",
        description = "Compare two reports that 'llmd load --out FILE' wrote.",
        footer = {
            "",
            "An interval that holds 0 shows no difference. Runs on one machine differ by more than their requests do:",
            "repeat both, in turn, before you believe a small one.",
            "Exit codes: 0 compared, 1 a run is invalid, 2 usage."
        })
final class CompareCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "report of the first run, JSON")
    private @Nullable Path before;

    @Parameters(index = "1", paramLabel = "AFTER", description = "report of the second run, JSON")
    private @Nullable Path after;

    @Option(names = "--json", description = "print one JSON object per figure")
    private boolean json;

    @Override
    public Integer call() {
        LoadReport first = read(before);
        LoadReport second = read(after);
        LoadComparison comparison = compared(first, second);
        var out = spec.commandLine().getOut();
        if (json) {
            comparison.lines().forEach(line -> out.println(Json.line(line)));
        } else {
            out.println(comparison);
        }
        if (first.valid() && second.valid()) {
            return ExitCode.OK;
        }
        spec.commandLine()
                .getErr()
                .println("llmd bench compare: a run is invalid, its generator was late; the figures say little");
        return ExitCode.FAILED;
    }

    private static LoadComparison compared(LoadReport first, LoadReport second) {
        try {
            return new LoadComparison(first, second);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static LoadReport read(@Nullable Path file) {
        try {
            LoadReport report =
                    Json.MAPPER.readValue(Files.readAllBytes(Path.of(String.valueOf(file))), LoadReport.class);
            if (report.histograms() == null) {
                throw CommandFailure.usage(file + ": no report of 'llmd load --out'");
            }
            return report;
        } catch (IOException e) {
            throw CommandFailure.usage(file + ": cannot be read");
        } catch (JacksonException e) {
            throw CommandFailure.usage(file + ": no report of 'llmd load --out'");
        }
    }
}
