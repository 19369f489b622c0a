package io.llmd.launcher.lab;

import io.llmd.lab.Lab;
import io.llmd.lab.contender.Contender;
import io.llmd.lab.report.HtmlReport;
import io.llmd.lab.result.GoalFigure;
import io.llmd.lab.result.Goals;
import io.llmd.lab.result.RunResult;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab report}: the goals, and a page with tables and plots. */
@Command(
        name = "report",
        description = {
            "Run the policies on the shared-prefix ladder and, with --trace, on the recorded conversation at one and three"
                    + " times its speed; say which goals are met, and write one HTML page.",
            "--speed has no effect."
        },
        footer = {"", "Exit codes: 0 ran, whatever the goals say, 1 failed, 2 usage."})
final class LabReportCommand implements Callable<Integer> {

    private static final double FAST = 3;

    private final Terminal terminal;

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "policies, or NAME=FILE with a scheduling configuration (default: all)")
    private List<String> contenders = List.of();

    @Option(
            names = "--ours",
            paramLabel = "NAME",
            split = ",",
            description = "policies whose goals are judged (default: ${DEFAULT-VALUE})")
    private List<String> ours = List.of("kv-block-cost", "cache-discounted-load");

    @Option(names = "--no-ladder", description = "leave the ladder out, which takes longest")
    private boolean noLadder;

    @Option(names = "--html", paramLabel = "FILE", description = "write the page to this file")
    private @Nullable Path html;

    @Option(names = "--json", description = "print one JSON object for each goal instead of lines")
    private boolean json;

    @Mixin
    private LabOptions options = new LabOptions();

    private final HtmlReport page = new HtmlReport();
    private final List<GoalFigure> figures = new ArrayList<>();

    LabReportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (noLadder && !options.hasTrace()) {
            throw CommandFailure.usage("nothing to run (expected: --trace FILE, or the ladder)");
        }
        List<Contender> all = LabOptions.contenders(contenders);
        if (options.hasTrace()) {
            List<RunResult> recorded = runs(LabOptions.Kind.CONVERSATION, 1, all);
            List<RunResult> fast = runs(LabOptions.Kind.CONVERSATION, FAST, all);
            ours.forEach(name -> {
                figures.addAll(new Goals(name).ofConversation(recorded));
                figures.addAll(new Goals(name).ofFastConversation(fast));
            });
        }
        if (!noLadder) {
            List<RunResult> ladder = runs(LabOptions.Kind.LADDER, 1, all);
            ours.forEach(name -> figures.addAll(new Goals(name).ofLadder(ladder)));
        }
        write(all);
        return ExitCode.OK;
    }

    private List<RunResult> runs(LabOptions.Kind kind, double speed, List<Contender> all) {
        List<Long> seeds = options.seeds();
        try (LabProgress progress = new LabProgress(terminal, all.size() * seeds.size())) {
            List<RunResult> runs = Lab.compare(options.scenario(kind, speed), all, seeds, options.parallel(), progress);
            String title =
                    kind.name().toLowerCase(Locale.ROOT) + (speed == 1 ? "" : " at " + speed + " times its speed");
            page.addTraffic(title, options.described(speed), runs);
            return runs;
        }
    }

    private void write(List<Contender> all) throws IOException {
        page.addGoals(figures);
        page.addContenders(all);
        for (GoalFigure figure : figures) {
            terminal.println(LabGoals.line(figure, json));
        }
        if (html != null) {
            Files.writeString(html, page.page("Routing policies in virtual time"));
            terminal.note("wrote " + html);
        }
    }
}
