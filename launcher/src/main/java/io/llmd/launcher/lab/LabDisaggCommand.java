package io.llmd.launcher.lab;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Split;
import io.llmd.lab.report.SplitPlots;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.result.SplitGoals;
import io.llmd.lab.split.SplitStudy;
import io.llmd.lab.split.SplitWorkloads;
import io.llmd.lab.traffic.Traffic;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab disagg}: prefill and decode on endpoints of their own, and who decides about it. */
@Command(
        name = "disagg",
        description = {
            "Compare deciders of disaggregation with each other, and with as many endpoints that do both, on five kinds of"
                    + " traffic; print a table for each and say which goals are met.",
            "The fifth is the recording of --trace, or bursts without one. --speed applies to all of them."
        },
        footer = {"", "Exit codes: 0 ran, whatever the goals say, 1 failed, 2 usage."})
final class LabDisaggCommand implements Callable<Integer> {

    private static final String RULE = "handoff-cost";

    private final Terminal terminal;

    @Option(
            names = "--prefill",
            paramLabel = "N",
            description = "of the endpoints, how many only compute prompts (default: ${DEFAULT-VALUE})")
    private int prefill = 3;

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "never, always, prefix-based, handoff-cost, or NAME=FILE (default: these four)")
    private List<String> contenders = List.of();

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "mixed, chat, turns, code, conversation or bursts (default: all)")
    private List<String> workloads = List.of();

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            description = "part of the generated traffic's time, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double share = 1;

    @Option(names = "--csv", paramLabel = "FILE", description = "write each run to this file as well")
    private @Nullable Path csv;

    @Option(names = "--plots", paramLabel = "FOLDER", description = "write plots to this folder")
    private @Nullable Path plots;

    @Option(names = "--json", description = "print one JSON object for each goal instead of tables")
    private boolean json;

    @Mixin
    private LabOptions options = new LabOptions();

    LabDisaggCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Traffic> traffics = traffics();
        SplitStudy study = study();
        List<Long> seeds = options.seeds();
        List<RunResult> runs;
        try (LabProgress progress = new LabProgress(terminal, traffics.size() * study.runs() * seeds.size())) {
            runs = study.run(traffics, seeds, options.parallel(), progress);
        }
        if (!json) {
            printTables(runs);
        }
        new SplitGoals(RULE).of(runs).forEach(goal -> terminal.println(LabGoals.line(goal, json)));
        write(runs);
        return ExitCode.OK;
    }

    private SplitStudy study() {
        try {
            return new SplitStudy(
                    options.fleet().withSplit(Split.NONE.withPrefill(prefill)), options.conditions(), deciders());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private List<Contender> deciders() {
        return contenders.isEmpty() ? Contenders.splitting() : LabOptions.contenders(contenders);
    }

    private List<Traffic> traffics() {
        List<Traffic> all;
        try {
            all = SplitWorkloads.all(options.hasTrace() ? options.recorded() : null, share).stream()
                    .map(traffic -> traffic.atSpeed(options.speed()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
        List<String> known = all.stream().map(Traffic::name).toList();
        if (!known.containsAll(workloads)) {
            throw CommandFailure.usage("workloads: " + workloads + " (expected: of " + known + ")");
        }
        return all.stream()
                .filter(traffic -> workloads.isEmpty() || workloads.contains(traffic.name()))
                .toList();
    }

    private void printTables(List<RunResult> runs) {
        terminal.println(prefill + " of the endpoints for prefill, the others for decode; "
                + options.described(options.speed()));
        for (String traffic : runs.stream().map(RunResult::traffic).distinct().toList()) {
            List<RunResult> own =
                    runs.stream().filter(run -> run.traffic().equals(traffic)).toList();
            terminal.println("");
            terminal.println("### " + traffic);
            terminal.println("");
            terminal.println(Tables.markdownApart(own).stripTrailing());
        }
        terminal.println("");
    }

    private void write(List<RunResult> runs) throws IOException {
        if (csv != null) {
            Files.writeString(csv, Tables.csvApart(runs));
            terminal.note("wrote " + csv);
        }
        if (plots != null) {
            Files.createDirectories(plots);
            for (Map.Entry<String, byte[]> image : SplitPlots.images(runs).entrySet()) {
                Files.write(plots.resolve(image.getKey()), image.getValue());
            }
            terminal.note("wrote plots to " + plots);
        }
    }
}
