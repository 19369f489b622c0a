package io.llmd.launcher.load;

import io.llmd.lab.traffic.AzureTrace;
import io.llmd.lab.traffic.MooncakeTrace;
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
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code llmd load}: sends requests at a rate, or a number of them at a time, and measures the answers. */
@Command(
        name = "load",
        description = "Send load to the gateway and measure the answers.",
        footer = {
            "",
            "Times count from the moment a request was due, so that a slow server cannot hide behind a slow client.",
            "Exit codes: 0 all answered, 1 errors or an invalid run, 2 usage, 3 gateway not there, 4 limits broken."
        })
public final class LoadCommand implements Callable<Integer> {

    private static final Pattern KEY_HEADER = Pattern.compile("(?i)(?:authorization|x-api-key)=");
    private static final double MAX_REQUESTS_PER_SECOND = 1_000;
    private static final int MAX_CONCURRENCY = 4_096;
    private static final Duration MAX_DURATION = Duration.ofMinutes(10);

    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private final GatewayOptions gateway = new GatewayOptions();

    @ArgGroup
    private final Pace pace = new Pace();

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "of a --trace, times as fast (default: ${DEFAULT-VALUE})")
    private double speed;

    @Option(names = "--for", paramLabel = "TIME", defaultValue = "30s", description = "how long to send (30s, 2m)")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "leave requests of this first part out of the report")
    private Duration warmUp = Duration.ZERO;

    @Option(
            names = "--spacing",
            defaultValue = "POISSON",
            description = "gaps between arrivals: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Arrivals.Spacing spacing = Arrivals.Spacing.POISSON;

    @Option(
            names = "--profile",
            defaultValue = "STEADY",
            description = "how the rate goes: ${COMPLETION-CANDIDATES}, a ramp from a tenth of it up and down again"
                    + " (default: ${DEFAULT-VALUE})")
    private Arrivals.Profile profile = Arrivals.Profile.STEADY;

    @Option(
            names = "--prompt-tokens",
            paramLabel = "LENGTH",
            defaultValue = "256",
            description = "N, MIN-MAX or exp:MEAN (default: ${DEFAULT-VALUE})")
    private TokenLengths promptTokens = new TokenLengths.Fixed(256);

    @Option(
            names = "--output-tokens",
            paramLabel = "LENGTH",
            defaultValue = "64",
            description = "N, MIN-MAX or exp:MEAN (default: ${DEFAULT-VALUE})")
    private TokenLengths outputTokens = new TokenLengths.Fixed(64);

    @Option(
            names = "--shared-prefix-share",
            paramLabel = "SHARE",
            defaultValue = "0.5",
            description =
                    "leading part of each prompt that its group has in common, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double sharedPrefixShare;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "8",
            description = "groups of requests with a common prefix (default: ${DEFAULT-VALUE})")
    private int groups;

    @Option(
            names = "--stream-share",
            paramLabel = "SHARE",
            defaultValue = "1",
            description = "share of streamed requests, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double streamShare;

    @Option(
            names = "--header",
            paramLabel = "NAME=VALUE",
            description = "header of every request, such as x-llm-d-inference-objective=high; may be repeated")
    private Map<String, String> headers = Map.of();

    @Option(
            names = "--mix",
            paramLabel = "WEIGHT:NAME=VALUE",
            description = "a kind of requests: how often it comes, and headers of its own with commas between, such as"
                    + " 3:x-llm-d-inference-objective=batch; repeated for each kind, reported apart")
    private List<String> mix = List.of();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "of everything random in the run")
    private long seed;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "120s",
            description = "longest time of one request (default: ${DEFAULT-VALUE})")
    private Duration timeout = Duration.ZERO;

    @Option(
            names = "--drain",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "longest wait for answers after the last request (default: ${DEFAULT-VALUE})")
    private Duration drain = Duration.ZERO;

    @Option(names = "--slo-ttft", paramLabel = "TIME", description = "limit of the time to first token (500ms)")
    private @Nullable Duration sloFirstToken;

    @Option(names = "--slo-tpot", paramLabel = "TIME", description = "limit of the mean time per output token")
    private @Nullable Duration sloPerToken;

    @Option(names = "--slo-e2e", paramLabel = "TIME", description = "limit of the whole request")
    private @Nullable Duration sloEndToEnd;

    @Option(
            names = "--min-goodput",
            paramLabel = "SHARE",
            defaultValue = "0.99",
            description = "share of requests that must keep the limits, else exit code 4 (default: ${DEFAULT-VALUE})")
    private double minGoodput;

    @Option(
            names = "--max-error-share",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "share of requests that may fail or be refused, else exit code 1 (default: ${DEFAULT-VALUE})")
    private double maxErrorShare;

    @Option(names = "--json", description = "print the report as one JSON object")
    private boolean json;

    @Option(names = "--out", paramLabel = "FILE", description = "write the report as JSON to this file")
    private @Nullable Path out;

    @Option(names = "--allow-remote", description = "allow a gateway on another machine")
    private boolean allowRemote;

    @Option(names = "--raise-caps", description = "allow more than 1,000 requests/s, 4,096 at a time or 10 minutes")
    private boolean raiseCaps;

    public LoadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    private static final class Pace {
        @Option(names = "--rps", paramLabel = "RATE", description = "requests per second, open loop (default: 10)")
        private @Nullable Double requestsPerSecond;

        @Option(names = "--concurrency", paramLabel = "N", description = "requests in flight, closed loop")
        private @Nullable Integer concurrency;

        @Option(
                names = "--trace",
                paramLabel = "FILE",
                description =
                        "at the times and with the prompts of a recording in Mooncake's form, .jsonl or .jsonl.gz, or with the"
                                + " lengths of Azure's, .csv or .csv.gz")
        private @Nullable Path trace;

        Arrivals arrivals(Arrivals.Spacing spacing, Arrivals.Profile profile, double speed) {
            if (trace != null) {
                return recorded(trace, speed);
            }
            if (concurrency != null) {
                if (profile != Arrivals.Profile.STEADY) {
                    throw new IllegalArgumentException("profile: " + profile + " (expected: with --rps)");
                }
                return new Arrivals.ClosedLoop(concurrency);
            }
            return new Arrivals.OpenLoop(requestsPerSecond == null ? 10 : requestsPerSecond, spacing, profile);
        }

        private static Arrivals recorded(Path trace, double speed) {
            try {
                String name = trace.getFileName().toString();
                MooncakeTrace read = name.endsWith(".csv") || name.endsWith(".csv.gz")
                        ? AzureTrace.read("trace", trace)
                        : MooncakeTrace.read("trace", trace, Integer.MAX_VALUE);
                return new Arrivals.Recorded(read.atSpeed(speed));
            } catch (IOException e) {
                throw new CommandFailure(ExitCode.FAILED, "cannot read the trace: " + e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        GatewayOptions.Gateway found = gateway.resolve();
        LoadPlan plan;
        List<Target> targets;
        try {
            plan = plan(found.model());
            targets = Stream.concat(Stream.of(found.uri()), found.others().stream())
                    .distinct()
                    .map(uri -> new Target(uri, found.key(), headers))
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
        if (out != null) {
            Files.writeString(out, Json.line(report) + "\n");
        }
        terminal.println(json ? Json.line(report) : new LoadReportText(report, slo).toString());
        return exitCode(report, slo);
    }

    private LoadPlan plan(String model) {
        return new LoadPlan(
                pace.arrivals(spacing, profile, speed),
                duration,
                warmUp,
                model,
                promptTokens,
                outputTokens,
                sharedPrefixShare,
                groups,
                streamShare,
                seed,
                timeout,
                drain,
                raiseCaps ? 65_536 : 2 * MAX_CONCURRENCY,
                new Slo(sloFirstToken, sloPerToken, sloEndToEnd, minGoodput),
                new RequestMix(mix.stream().map(RequestMix.Kind::parse).toList()));
    }

    private void checkCaps(LoadPlan plan, List<Target> targets) {
        targets.stream()
                .filter(target -> !allowRemote && !target.isLoopback())
                .findFirst()
                .ifPresent(target -> {
                    throw CommandFailure.usage(
                            "url: " + target + " is another machine (add --allow-remote if you may put load on it)");
                });
        if (raiseCaps) {
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
        List<String> arguments = spec.commandLine().getParseResult().originalArgs();
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
        if (report.requests() == 0 || errors > maxErrorShare * report.requests()) {
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
