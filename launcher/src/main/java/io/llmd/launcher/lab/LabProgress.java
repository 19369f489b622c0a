package io.llmd.launcher.lab;

import io.llmd.lab.result.RunResult;
import io.llmd.launcher.terminal.Terminal;
import java.util.Locale;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Says which runs have ended: a bar on a terminal, else a line for each. Safe from any thread. */
final class LabProgress implements Consumer<RunResult>, AutoCloseable {

    private final Terminal terminal;
    private final @Nullable ProgressBar bar;

    /** @param runs that are to come; less than 1 where nobody knows */
    LabProgress(Terminal terminal, int runs) {
        this.terminal = terminal;
        bar = terminal.interactive()
                ? new ProgressBarBuilder()
                        .setTaskName("lab")
                        .setInitialMax(runs)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUnit(" runs", 1)
                        .build()
                : null;
    }

    @Override
    public synchronized void accept(RunResult run) {
        if (bar != null) {
            bar.step();
            bar.setExtraMessage(" " + run.contender());
        } else {
            terminal.note(String.format(
                    Locale.ROOT,
                    "%s, %s, seed %d: %d requests, mean TTFT %,.0f ms, hit %.3f, good %.3f",
                    run.traffic(),
                    run.contender(),
                    run.seed(),
                    run.requests(),
                    run.timeToFirstToken().mean(),
                    run.hitShare(),
                    run.goodFirstToken()));
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
