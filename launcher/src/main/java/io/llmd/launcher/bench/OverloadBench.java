package io.llmd.launcher.bench;

import io.llmd.launcher.load.Arrivals;
import io.llmd.launcher.load.LoadPlan;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.load.LoadRun;
import io.llmd.launcher.load.LoadSnapshot;
import io.llmd.launcher.load.Slo;
import io.llmd.launcher.load.Target;
import io.llmd.launcher.load.TokenLengths;
import io.llmd.launcher.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * More load than the endpoints can take, from important and from patient clients at once: with flow control, and without,
 * where all wait in the endpoints in the order in which they came. Each contender gets endpoints of its own and the same
 * requests.
 */
final class OverloadBench {

    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(10);
    private static final TokenLengths PROMPT = TokenLengths.parse("128-384");
    private static final TokenLengths OUTPUT = TokenLengths.parse("32-96");
    private static final double SHARED_PREFIX = 0.5;
    private static final int GROUPS = 8;
    private static final int CONCURRENCY_OF_AN_ENDPOINT = 48;
    private static final int MAX_CONNECTIONS = 16_384;
    private static final double GOAL_FIRST_TOKEN = 0.2;
    private static final double GOAL_GOODPUT = 1 / 0.97;

    private final Settings settings;
    private final PrintWriter progress;
    private final Path folder;
    private final OverloadKeys keys = OverloadKeys.generate();

    /**
     * What is measured.
     *
     * @param endpoints simulated endpoints
     * @param options of each endpoint, as {@code name=value}
     * @param overload offered load over the capacity that was measured
     * @param highShare share of the requests that are important, in (0, 1)
     * @param rounds measurements of each contender
     * @param duration how long requests are sent in one
     * @param calibration how long the capacity is measured, and before that the warm-up
     */
    record Settings(
            int endpoints,
            List<String> options,
            double overload,
            double highShare,
            int rounds,
            Duration duration,
            Duration calibration) {}

    /** One measurement of one contender. */
    private record Sample(LoadReport high, LoadReport low) {
        double firstTokenP99() {
            return high.timeToFirstToken().p99();
        }

        double firstTokenP99OfLow() {
            return low.timeToFirstToken().p99();
        }

        double goodput() {
            return answered() / Math.max(seconds(high), seconds(low));
        }

        double answered() {
            return high.answered() + low.answered();
        }

        double unanswered() {
            return high.requests() + low.requests() - answered();
        }

        private static double seconds(LoadReport report) {
            return report.requestsPerSecond() == 0 ? 0 : report.answered() / report.requestsPerSecond();
        }
    }

    private record Round(Sample fifo, Sample flowControl) {}

    OverloadBench(Settings settings, PrintWriter progress, Path folder) {
        this.settings = settings;
        this.progress = progress;
        this.folder = folder;
    }

    /** Measures. @throws BenchFailure if a contender does not start */
    List<GoalLine> run() throws IOException, InterruptedException {
        OverloadContender fifo = new OverloadContender("fifo", false, keys);
        OverloadContender flowControl = new OverloadContender("flow-control", true, keys);
        double capacity = capacity(fifo);
        progress.printf("capacity: %.1f requests/s, so %.1f are sent%n", capacity, capacity * settings.overload());
        progress.flush();
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < settings.rounds(); i++) {
            boolean fifoFirst = i % 2 == 0;
            Sample first = measure(fifoFirst ? fifo : flowControl, capacity, i);
            Sample second = measure(fifoFirst ? flowControl : fifo, capacity, i);
            rounds.add(fifoFirst ? new Round(first, second) : new Round(second, first));
        }
        return lines(rounds, capacity);
    }

    private List<GoalLine> lines(List<Round> rounds, double capacity) {
        List<GoalLine> lines = new ArrayList<>();
        lines.add(GoalLine.judged(
                "overload",
                "high-first-token-p99",
                figure(
                        rounds,
                        round -> round.flowControl().firstTokenP99()
                                / round.fifo().firstTokenP99()),
                "ratio",
                GOAL_FIRST_TOKEN,
                "fifo",
                0));
        lines.add(GoalLine.judged(
                "overload",
                "fifo-goodput-over-ours",
                figure(
                        rounds,
                        round -> round.fifo().goodput() / round.flowControl().goodput()),
                "ratio",
                GOAL_GOODPUT,
                "fifo",
                0));
        lines.add(reported("capacity", "1/s", rounds, round -> capacity));
        lines.add(reported(
                "high-first-token-p99",
                "ms",
                rounds,
                round -> round.flowControl().firstTokenP99()));
        lines.add(reported(
                "fifo.high-first-token-p99", "ms", rounds, round -> round.fifo().firstTokenP99()));
        lines.add(reported(
                "low-first-token-p99",
                "ms",
                rounds,
                round -> round.flowControl().firstTokenP99OfLow()));
        lines.add(reported(
                "fifo.low-first-token-p99", "ms", rounds, round -> round.fifo().firstTokenP99OfLow()));
        lines.add(
                reported("goodput", "1/s", rounds, round -> round.flowControl().goodput()));
        lines.add(reported("fifo.goodput", "1/s", rounds, round -> round.fifo().goodput()));
        lines.add(
                reported("unanswered", "", rounds, round -> round.flowControl().unanswered()));
        lines.add(reported("fifo.unanswered", "", rounds, round -> round.fifo().unanswered()));
        return lines;
    }

    private static GoalLine reported(String name, String unit, List<Round> rounds, ToDoubleFunction<Round> value) {
        return GoalLine.reported("overload", name, figure(rounds, value), unit, null, 0);
    }

    private static Figure figure(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Figure.of(rounds.stream().map(value::applyAsDouble).toList());
    }

    /** Requests per second that the endpoints answer when they always have more than they can take. */
    private double capacity(OverloadContender contender) throws IOException, InterruptedException {
        try (SimulatedEndpoints fleet = new SimulatedEndpoints(settings.endpoints(), settings.options());
                ChildProcess process = ChildProcess.start(contender, fleet.ports(), folder)) {
            Target target = ready(process);
            Duration window = settings.calibration();
            int concurrency = CONCURRENCY_OF_AN_ENDPOINT * settings.endpoints();
            LoadPlan plan = plan(new Arrivals.ClosedLoop(concurrency), window.multipliedBy(2), Duration.ZERO, 1);
            try (LoadRun run = new LoadRun(plan, target);
                    ExecutorService thread = Executors.newSingleThreadExecutor()) {
                Future<LoadReport> report = thread.submit(() -> run.execute(about(plan, target)));
                TimeUnit.MILLISECONDS.sleep(window.toMillis());
                LoadSnapshot from = run.snapshot();
                TimeUnit.MILLISECONDS.sleep(window.toMillis());
                LoadSnapshot to = run.snapshot();
                run.stop();
                report.get();
                long answered = to.ended() - to.errors() - from.ended() + from.errors();
                if (answered <= 0) {
                    throw new BenchFailure("no request was answered while the capacity was measured");
                }
                return answered / (window.toMillis() / 1000.0);
            } catch (ExecutionException e) {
                throw new BenchFailure("load: " + e.getCause());
            }
        }
    }

    private Sample measure(OverloadContender contender, double capacity, int round)
            throws IOException, InterruptedException {
        double rate = capacity * settings.overload();
        try (SimulatedEndpoints fleet = new SimulatedEndpoints(settings.endpoints(), settings.options());
                ChildProcess process = ChildProcess.start(contender, fleet.ports(), folder);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Target high = ready(process);
            Target low = new Target(high.uri(), keys.low().secret(), Map.of());
            Future<LoadReport> ofLow = threads.submit(() -> execute(
                    plan(open(rate * (1 - settings.highShare())), settings.duration(), Duration.ZERO, 2L * round + 10),
                    low));
            Future<LoadReport> ofHigh = threads.submit(() -> execute(
                    plan(open(rate * settings.highShare()), settings.duration(), Duration.ZERO, 2L * round + 11),
                    high));
            Sample sample = new Sample(ofHigh.get(), ofLow.get());
            progress.printf(
                    "round %d, %s: p99 to first token %.0f ms (high), %.0f ms (low), %.1f requests/s%n",
                    round + 1, contender.name(), sample.firstTokenP99(), sample.firstTokenP99OfLow(), sample.goodput());
            progress.flush();
            return sample;
        } catch (ExecutionException e) {
            throw new BenchFailure("load: " + e.getCause());
        }
    }

    private static Arrivals open(double requestsPerSecond) {
        return new Arrivals.OpenLoop(requestsPerSecond, Arrivals.Spacing.POISSON);
    }

    private static LoadPlan plan(Arrivals arrivals, Duration duration, Duration warmUp, long seed) {
        return new LoadPlan(
                arrivals,
                duration,
                warmUp,
                "sim-8b",
                PROMPT,
                OUTPUT,
                SHARED_PREFIX,
                GROUPS,
                1,
                seed,
                ANSWER_LIMIT,
                ANSWER_LIMIT,
                MAX_CONNECTIONS,
                Slo.NONE);
    }

    private static LoadReport execute(LoadPlan plan, Target target) throws InterruptedException {
        try (LoadRun run = new LoadRun(plan, target)) {
            return run.execute(about(plan, target));
        }
    }

    private static LoadReport.Run about(LoadPlan plan, Target target) {
        return new LoadReport.Run(
                "bench overload",
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                target.toString(),
                plan.seed(),
                plan.duration().toMillis() / 1000.0);
    }

    private Target ready(ChildProcess process) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + process.port());
        HttpRequest question = HttpRequest.newBuilder(uri.resolve("/v1/chat/completions"))
                .timeout(Duration.ofSeconds(5))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + keys.high().secret())
                .POST(
                        HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"sim-8b\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .build();
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            process.await(
                    READY_LIMIT,
                    () -> http.send(question, BodyHandlers.discarding()).statusCode() == 200);
        }
        return new Target(uri, keys.high().secret(), Map.of());
    }
}
