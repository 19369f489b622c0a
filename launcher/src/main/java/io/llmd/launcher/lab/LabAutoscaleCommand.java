package io.llmd.launcher.lab;

import io.llmd.lab.autoscale.ScaleGoal;
import io.llmd.lab.autoscale.ScalePage;
import io.llmd.lab.autoscale.ScaleReport;
import io.llmd.lab.autoscale.ScaleResult;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code llmd lab autoscale}: the autoscaler against the rules of others, as a page with plots. */
@Command(
        name = "autoscale",
        description = {
            "Run the autoscaler and the rules of others on replicas that come and go in virtual time, each rule with a grid of"
                    + " settings; say which goals are met, and write docs/autoscaling-results.md and its plots.",
            "With all workloads, rules and seeds it is more than a thousand runs of one to several seconds of a processor."
        },
        footer = {"", "Exit codes: 0 ran, whatever the goals say, 1 failed, 2 usage."})
final class LabAutoscaleCommand implements Callable<Integer> {

    private static final String PAGE = "autoscaling-results.md";

    private final Terminal terminal;

    @Mixin
    private PageOptions page = new PageOptions();

    @Option(
            names = "--workloads",
            paramLabel = "ID",
            split = ",",
            description = "W1 to W13, as the page names them (default: all)")
    private List<String> workloads = List.of();

    @Option(
            names = "--rules",
            paramLabel = "ID",
            split = ",",
            description = "B0 to B12, as the page names them (default: all)")
    private List<String> rules = List.of();

    @Option(names = "--no-ablations", description = "leave out what the parts of the autoscaler are worth")
    private boolean noAblations;

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            description = "part of the time of each workload, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double share = 1;

    @Option(names = "--seed", paramLabel = "N", description = "the first seed (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Option(names = "--seeds", paramLabel = "N", description = "how many seeds (default: ${DEFAULT-VALUE})")
    private int seeds = 5;

    LabAutoscaleCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (seeds < 1) {
            throw CommandFailure.usage("seeds: " + seeds + " (expected: >= 1)");
        }
        ScalePage results;
        try (Progress progress = new Progress(terminal)) {
            results = report(progress).page();
        }
        for (ScaleGoal goal : results.goals()) {
            terminal.println(goal.line());
        }
        page.writePage(PAGE, results.markdown(), results.images(), terminal);
        page.writeCsv(results.csv(), terminal);
        return ExitCode.OK;
    }

    private ScaleReport report(Consumer<ScaleResult> done) {
        try {
            return new ScaleReport(
                    page.recordings(),
                    new ScaleReport.Choice(workloads, rules, !noAblations, share),
                    LongStream.range(seed, seed + seeds).boxed().toList(),
                    page.parallel(),
                    done);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot read the recordings (--data): " + e.getMessage());
        }
    }

    /** Says which runs have ended: a bar on a terminal, else a line for each. Safe from any thread. */
    private static final class Progress implements Consumer<ScaleResult>, AutoCloseable {

        private final Terminal terminal;
        private final @Nullable ProgressBar bar;

        Progress(Terminal terminal) {
            this.terminal = terminal;
            bar = terminal.interactive()
                    ? new ProgressBarBuilder()
                            .setTaskName("lab")
                            .setInitialMax(0)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUnit(" runs", 1)
                            .build()
                    : null;
        }

        @Override
        public synchronized void accept(ScaleResult run) {
            if (bar != null) {
                bar.step();
                bar.setExtraMessage(" " + run.workload() + " " + run.contestant());
            } else {
                terminal.note(String.format(
                        Locale.ROOT,
                        "%s, %s (%s), seed %d: %d requests, %.2f %% good, %.2f replicas",
                        run.workload(),
                        run.contestant(),
                        run.setting(),
                        run.seed(),
                        run.requests(),
                        100 * run.attainment(),
                        run.replicas()));
            }
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }
}
