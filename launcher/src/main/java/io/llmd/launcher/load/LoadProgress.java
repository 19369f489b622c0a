package io.llmd.launcher.load;

import io.llmd.launcher.terminal.Terminal;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows a run while it goes on: a bar on a terminal, else a line every ten seconds. Has a thread of its own. */
final class LoadProgress implements AutoCloseable {

    static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration REDRAW = Duration.ofMillis(250);

    private final LoadRun run;
    private final Duration duration;
    private final Terminal terminal;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    LoadProgress(LoadRun run, Duration duration, Terminal terminal) {
        this.run = run;
        this.duration = duration;
        this.terminal = terminal;
        this.thread = Thread.ofPlatform()
                .name("llmd-load-progress")
                .daemon()
                .unstarted(terminal.interactive() ? this::bar : this::heartbeat);
    }

    void start() {
        thread.start();
    }

    private void bar() {
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("load")
                .setInitialMax(Math.max(1, duration.toSeconds()))
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" s", 1)
                .setUpdateIntervalMillis((int) REDRAW.toMillis())
                .hideEta()
                .build()) {
            while (!closed.await(REDRAW.toMillis(), TimeUnit.MILLISECONDS)) {
                bar.stepTo(Math.min(duration.toSeconds(), run.elapsed().toSeconds()));
                bar.setExtraMessage(" " + line(run.snapshot()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void heartbeat() {
        try {
            while (!closed.await(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                terminal.note(
                        run.elapsed().toSeconds() + " s of " + duration.toSeconds() + " s: " + line(run.snapshot()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String line(LoadSnapshot now) {
        return String.format(
                Locale.ROOT,
                "sent %d, done %d, in flight %d, errors %d, first token p50 %.0f ms p99 %.0f ms",
                now.sent(),
                now.ended(),
                now.inFlight(),
                now.errors(),
                now.firstTokenP50Millis(),
                now.firstTokenP99Millis());
    }

    @Override
    public void close() throws InterruptedException {
        closed.countDown();
        thread.join();
    }
}
