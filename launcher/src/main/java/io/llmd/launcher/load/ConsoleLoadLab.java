package io.llmd.launcher.load;

import io.llmd.gateway.console.LoadLab;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Version;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The load generator of {@code ./llmd load} for the console's page. Keeps the reports of the last 20 runs. */
public final class ConsoleLoadLab implements LoadLab {

    private static final int KEPT = 20;
    private static final int MOST_CONNECTIONS = 8_192;
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration DRAIN = Duration.ofMinutes(1);

    private final Deque<LoadReport> reports = new ArrayDeque<>();
    private @Nullable LoadRun running;
    private int seconds;
    private String failure = "";

    @Override
    public synchronized void start(URI gateway, String key, Plan plan) {
        if (running != null) {
            throw new IllegalArgumentException("a run is under way (expected: none; stop it first)");
        }
        LoadPlan wanted = new LoadPlan(
                new Arrivals.OpenLoop(plan.requestsPerSecond(), Arrivals.Spacing.POISSON, Arrivals.Profile.STEADY),
                Duration.ofSeconds(plan.seconds()),
                Duration.ZERO,
                plan.model(),
                new TokenLengths.Fixed(plan.promptTokens()),
                new TokenLengths.Fixed(plan.outputTokens()),
                plan.sharedPrefixShare(),
                plan.groups(),
                plan.streamShare(),
                System.nanoTime(),
                TIMEOUT,
                DRAIN,
                MOST_CONNECTIONS,
                Slo.NONE);
        Target target = new Target(gateway, key, Map.of());
        LoadRun run = new LoadRun(wanted, target);
        running = run;
        seconds = plan.seconds();
        failure = "";
        LoadReport.Run about = new LoadReport.Run(
                command(plan),
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                target.toString(),
                wanted.seed(),
                plan.seconds());
        Thread.ofPlatform().daemon().name("console-load").start(() -> execute(run, about));
    }

    private void execute(LoadRun run, LoadReport.Run about) {
        try (run) {
            ended(run.execute(about), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended(null, "interrupted");
        } catch (RuntimeException e) {
            ended(null, String.valueOf(e.getMessage()));
        }
    }

    private synchronized void ended(@Nullable LoadReport report, String why) {
        running = null;
        failure = why;
        if (report != null) {
            reports.addFirst(report);
            if (reports.size() > KEPT) {
                reports.removeLast();
            }
        }
    }

    /** The same run from the command line. */
    private static String command(Plan plan) {
        return String.format(
                Locale.ROOT,
                "load --rps %s --for %ds --prompt-tokens %d --output-tokens %d --shared-prefix-share %s --groups %d"
                        + " --stream-share %s",
                plan.requestsPerSecond(),
                plan.seconds(),
                plan.promptTokens(),
                plan.outputTokens(),
                plan.sharedPrefixShare(),
                plan.groups(),
                plan.streamShare());
    }

    @Override
    public synchronized void stop() {
        LoadRun run = running;
        if (run != null) {
            run.stop();
        }
    }

    @Override
    public String state() {
        LoadRun run;
        List<LoadReport> done;
        Map<String, Object> state = new LinkedHashMap<>();
        synchronized (this) {
            run = running;
            done = List.copyOf(reports);
            state.put("failure", failure);
        }
        state.put("running", run == null ? null : progress(run));
        state.put("reports", done);
        return Json.line(state);
    }

    private @Nullable Map<String, Object> progress(LoadRun run) {
        try {
            LoadSnapshot now = run.snapshot();
            Map<String, Object> progress = new LinkedHashMap<>();
            progress.put("seconds", seconds);
            progress.put("elapsedSeconds", run.elapsed().toMillis() / 1_000.0);
            progress.put("sent", now.sent());
            progress.put("ended", now.ended());
            progress.put("inFlight", now.inFlight());
            progress.put("errors", now.errors());
            progress.put("firstTokenP50Millis", now.firstTokenP50Millis());
            progress.put("firstTokenP99Millis", now.firstTokenP99Millis());
            return progress;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (RuntimeException e) {
            return null; // it has ended meanwhile, and its report is among the others at the next question
        }
    }
}
