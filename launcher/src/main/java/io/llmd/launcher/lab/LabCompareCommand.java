package io.llmd.launcher.lab;

import io.llmd.lab.Lab;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.RunResult;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab compare}: several policies side by side. */
@Command(
        name = "compare",
        description = "Run several policies on the same traffic and print a table in Markdown.",
        footer = {"", "Exit codes: 0 ran, 1 failed, 2 usage."})
final class LabCompareCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "policies, or NAME=FILE with a scheduling configuration (default: all)")
    private List<String> contenders = List.of();

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            description = "conversation, ladder or chat (default: ${DEFAULT-VALUE})")
    private LabOptions.Kind workload = LabOptions.Kind.CHAT;

    @Option(names = "--csv", paramLabel = "FILE", description = "write each run to this file as well")
    private @Nullable Path csv;

    @Mixin
    private LabOptions options = new LabOptions();

    @Mixin
    private SloOptions slo = new SloOptions();

    LabCompareCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<Contender> all = LabOptions.contenders(contenders);
        Scenario scenario = slo.of(options.scenario(workload, options.speed()));
        List<Long> seeds = options.seeds();
        List<RunResult> runs;
        try (LabProgress progress = new LabProgress(terminal, all.size() * seeds.size())) {
            runs = Lab.compare(scenario, all, seeds, options.parallel(), progress);
        }
        terminal.println(options.described(options.speed()) + "; " + slo.described());
        terminal.println("");
        terminal.println(Tables.markdown(runs).stripTrailing());
        if (csv != null) {
            Files.writeString(csv, Tables.csv(runs));
            terminal.note("wrote " + csv);
        }
        return ExitCode.OK;
    }
}
