package io.llmd.launcher.lab;

import io.llmd.lab.Lab;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.RunResult;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd lab run}: one policy, all figures. */
@Command(
        name = "run",
        description = "Run one policy and print its figures, one a line for each seed.",
        footer = {"", "Exit codes: 0 ran, 1 failed, 2 usage."})
final class LabRunCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "CONTENDER", description = "a policy, or NAME=FILE with a scheduling configuration")
    private String contender = "";

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description = "conversation, ladder or chat (default: ${DEFAULT-VALUE})")
    private LabOptions.Kind workload = LabOptions.Kind.CHAT;

    @Mixin
    private LabOptions options = new LabOptions();

    @Mixin
    private SloOptions slo = new SloOptions();

    LabRunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        List<Contender> one = LabOptions.contenders(List.of(contender));
        Scenario scenario = slo.of(options.scenario(workload, options.speed()));
        List<Long> seeds = options.seeds();
        try (LabProgress progress = new LabProgress(terminal, seeds.size())) {
            List<RunResult> runs = Lab.compare(scenario, one, seeds, options.parallel(), progress);
            terminal.println(options.described(options.speed()) + "; " + slo.described());
            Tables.figures(runs).forEach(terminal::println);
        }
        return ExitCode.OK;
    }
}
