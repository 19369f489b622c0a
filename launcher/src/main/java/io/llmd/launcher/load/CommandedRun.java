package io.llmd.launcher.load;

import io.llmd.launcher.home.GatewayOptions;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import io.llmd.launcher.terminal.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A run of load that a command line asks for: checked against the caps, carried out, shown and judged. */
final class CommandedRun {

    static final int MAX_CONCURRENCY = 4_096;

    private static final Pattern KEY_HEADER = Pattern.compile("(?i)(?:authorization|x-api-key)=");
    private static final double MAX_REQUESTS_PER_SECOND = 1_000;
    private static final Duration MAX_DURATION = Duration.ofMinutes(10);

    private final LoadOptions options;
    private final List<String> arguments;
    private final Terminal terminal;

    /** @param arguments the whole command line, which the report repeats without keys */
    CommandedRun(LoadOptions options, List<String> arguments, Terminal terminal) {
        this.options = options;
        this.arguments = List.copyOf(arguments);
        this.terminal = terminal;
    }

    /** The exit code, when all answers are there or did not come in time. */
    int execute(Arrivals arrivals, LoadOptions.Prompts prompts) throws InterruptedException, IOException {
        GatewayOptions.Gateway found = options.gateway().resolve();
        LoadPlan plan;
        List<Target> targets;
        try {
            plan = options.plan(arrivals, found.model(), prompts);
            targets = Stream.concat(Stream.of(found.uri()), found.others().stream())
                    .distinct()
                    .map(uri -> new Target(uri, found.key(), options.headers()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
        checkCaps(plan, targets);
        CountDownLatch finished = new CountDownLatch(1);
        try (LoadRun run = new LoadRun(plan, targets, System::nanoTime)) {
            Thread hook = new Thread(() -> stopAndWait(run, finished, plan.drain()), "llmd-load-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                return finish(run(run, plan, targets), plan.slo());
            } finally {
                finished.countDown();
                removeHook(hook);
            }
        }
    }

    private LoadReport run(LoadRun run, LoadPlan plan, List<Target> targets) throws InterruptedException {
        try (LoadProgress progress = new LoadProgress(run, plan.duration(), terminal)) {
            progress.start();
            return run.execute(about(plan, targets));
        }
    }

    private int finish(LoadReport report, Slo slo) throws IOException {
        Path out = options.out();
        if (out != null) {
            Files.writeString(out, Json.line(report) + "\n");
        }
        terminal.println(options.isJson() ? Json.line(report) : new LoadReportText(report, slo).toString());
        return exitCode(report, slo);
    }

    private void checkCaps(LoadPlan plan, List<Target> targets) {
        targets.stream()
                .filter(target -> !options.allowsRemote() && !target.isLoopback())
                .findFirst()
                .ifPresent(target -> {
                    throw CommandFailure.usage(
                            "url: " + target + " is another machine (add --allow-remote if you may put load on it)");
                });
        if (options.raisesCaps()) {
            return;
        }
        boolean isTooMuch = switch (plan.arrivals()) {
            case Arrivals.OpenLoop open -> open.requestsPerSecond() > MAX_REQUESTS_PER_SECOND;
            case Arrivals.ClosedLoop closed -> closed.concurrency() > MAX_CONCURRENCY;
            case Arrivals.Recorded recorded -> recorded.trace().requestsPerSecond() > MAX_REQUESTS_PER_SECOND;
        };
        if (isTooMuch || plan.duration().compareTo(MAX_DURATION) > 0) {
            throw CommandFailure.usage("over 1,000 requests/s, 4,096 at a time or 10 minutes (add --raise-caps)");
        }
    }

    private LoadReport.Run about(LoadPlan plan, List<Target> targets) {
        return new LoadReport.Run(
                String.join(" ", withoutKey(arguments)),
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                targets.stream().map(Target::toString).collect(Collectors.joining(" ")),
                plan.seed(),
                plan.duration().toMillis() / 1000.0);
    }

    private static List<String> withoutKey(List<String> arguments) {
        return IntStream.range(0, arguments.size())
                .mapToObj(i -> i > 0 && arguments.get(i - 1).equals("--key")
                                || KEY_HEADER.matcher(arguments.get(i)).find()
                        ? "***"
                        : arguments.get(i).startsWith("--key=") ? "--key=***" : arguments.get(i))
                .toList();
    }

    /** Runs when the process is asked to end: the report still comes, over what was sent until now. */
    private static void stopAndWait(LoadRun run, CountDownLatch finished, Duration drain) {
        run.stop();
        try {
            if (!finished.await(drain.toMillis() + 5_000, TimeUnit.MILLISECONDS)) {
                System.err.println("llmd load: no report, the answers did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            Thread.currentThread().isInterrupted(); // the process is ending, and the hook is part of that
        }
    }

    private int exitCode(LoadReport report, Slo slo) {
        long errors = report.requests() - report.answered();
        if (report.requests() == 0 || errors > options.maxErrorShare() * report.requests()) {
            terminal.note("llmd load: " + errors + " of " + report.requests() + " requests were not answered");
            return ExitCode.FAILED;
        }
        if (!slo.isSet() || report.goodput() == null) {
            return ExitCode.OK;
        }
        if (!report.valid()) {
            terminal.note("llmd load: the limits cannot be judged by a run whose generator was late");
            return ExitCode.FAILED;
        }
        return report.goodput() < slo.minGoodput() ? ExitCode.LIMITS_BROKEN : ExitCode.OK;
    }
}
