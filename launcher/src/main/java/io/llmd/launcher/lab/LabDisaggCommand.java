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
import java.util.List;
import java.util.concurrent.Callable;
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

    @Mixin
    private KindOptions kinds = new KindOptions(1);

    @Option(names = "--json", description = "print one JSON object for each goal instead of tables")
    private boolean json;

    @Mixin
    private LabOptions options = new LabOptions();

    LabDisaggCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Traffic> traffics = kinds.traffics(SplitWorkloads::all, options);
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
        kinds.write(Tables.csvApart(runs), () -> SplitPlots.images(runs), terminal);
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
}
