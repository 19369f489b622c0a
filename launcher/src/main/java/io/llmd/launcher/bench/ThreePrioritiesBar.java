package io.llmd.launcher.bench;

import io.llmd.gateway.access.NewApiKey;
import io.llmd.launcher.load.Arrivals;
import io.llmd.launcher.load.LoadPlan;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.load.LoadRun;
import io.llmd.launcher.load.LoadSnapshot;
import io.llmd.launcher.load.RequestMix;
import io.llmd.launcher.load.Slo;
import io.llmd.launcher.load.Target;
import io.llmd.launcher.load.TokenLengths;
import io.llmd.launcher.terminal.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * L6: three times what the endpoints can take, from clients of three priorities. The endpoints have constant times, of which
 * prompts take little, so that a first token is late by waiting for a place, not for the prompts of others in a step; lower
 * priorities leave room for the highest, and queues are short, so that what cannot be served is refused at once.
 */
final class ThreePrioritiesBar implements BarFigure {

    private static final int ENDPOINTS = 2;
    private static final int SEQUENCES = 32;
    private static final int SECONDS = 300;
    private static final double OVERLOAD = 3;
    private static final double UNLOADED = 0.1;
    private static final double LEAST_GOODPUT = 0.9;
    private static final double MOST_FIRST_TOKEN = 1.3;
    private static final double REFUSAL_P99_MILLIS = 50;
    private static final double MOST_HEAP = 0.75;
    private static final double HIGH_SHARE = 0.1;
    private static final double MIDDLE_SHARE = 0.3;
    private static final int MAX_CONNECTIONS = 8_192;
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);
    private static final int HIGHEST = 10;
    private static final String QUEUED = "llm_d_epp_flow_control_request_queue_duration_seconds";
    private static final String MODEL = "sim-8b";
    private static final List<String> OPTIONS = List.of(
            "model=" + MODEL,
            "time-to-first-token=5ms",
            "inter-token-latency=50ms",
            "max-num-seqs=" + SEQUENCES,
            "kv-cache-size=16384");
    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            featureGates: [flowControl]
            plugins:
              - {name: reuse, type: prefix-cache-scorer}
              - {name: load, type: active-request-scorer}
              - {name: room, type: concurrency-detector, parameters: {maxConcurrency: %d}}
              - {name: holdback, type: priority-holdback-policy, parameters: {minCeiling: 0.86}}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: room}
                  - {pluginRef: load, weight: 2}
                  - {pluginRef: reuse, weight: 1}
            flowControl:
              saturationDetector: {pluginRef: room}
              usageLimitPolicyPluginRef: holdback
              priorityBands:
                - {priority: %d}
                - {priority: 0, maxRequests: 32}
                - {priority: -10, maxRequests: 1}
            """;

    /** The keys of three kinds of clients. */
    private record Keys(NewApiKey high, NewApiKey middle, NewApiKey low) {
        static Keys generate() {
            SecureRandom random = new SecureRandom();
            return new Keys(
                    NewApiKey.generate(random, "interactive", HIGHEST),
                    NewApiKey.generate(random, "usual", 0),
                    NewApiKey.generate(random, "batch", -10));
        }

        RequestMix mix() {
            return new RequestMix(List.of(
                    kind("high", HIGH_SHARE, high),
                    kind("middle", MIDDLE_SHARE, middle),
                    kind("low", 1 - HIGH_SHARE - MIDDLE_SHARE, low)));
        }

        private static RequestMix.Kind kind(String name, double share, NewApiKey key) {
            return new RequestMix.Kind(name, share, Map.of("authorization", "Bearer " + key.secret()));
        }
    }

    @Override
    public String id() {
        return "L6";
    }

    @Override
    public String title() {
        return "three times the capacity, three priorities";
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        Keys keys = Keys.generate();
        try (SimulatedEndpoints endpoints = new SimulatedEndpoints(ENDPOINTS, OPTIONS);
                BarServices services = BarServices.start(
                        run,
                        BarServices.Shape.TOGETHER,
                        endpoints.ports(),
                        settings(run.folder(), keys),
                        keys.high().secret(),
                        MODEL)) {
            Target target = new Target(services.url(), keys.high().secret(), Map.of());
            Duration window = run.window(SECONDS);
            Duration calibration = shorter(window, Duration.ofSeconds(20));
            double capacity = capacity(calibration, target);
            run.say(String.format("the endpoints take %.1f requests/s", capacity));
            LoadReport unloaded = load(calibration.multipliedBy(2), capacity * UNLOADED, RequestMix.NONE, 1, target);
            double usual = unloaded.timeToFirstToken().p99();
            return overload(run, keys, target, services, capacity, usual);
        } catch (ExecutionException e) {
            throw new BenchFailure("load: " + e.getCause());
        }
    }

    private List<GoalLine> overload(
            BarRun run, Keys keys, Target target, BarServices services, double capacity, double usual)
            throws IOException, InterruptedException {
        List<Double> goodput = new ArrayList<>();
        List<Double> firstToken = new ArrayList<>();
        List<Double> refused = new ArrayList<>();
        List<Double> heap = new ArrayList<>();
        List<Double> highAnswered = new ArrayList<>();
        List<Double> highQueued = new ArrayList<>();
        for (int round = 0; round < run.settings().rounds(); round++) {
            MeterBuckets before = queued(services);
            LoadReport report = load(run.window(SECONDS), capacity * OVERLOAD, keys.mix(), 10L + round, target);
            highQueued.add(queued(services).since(before).quantile(0.99) * 1e3);
            LoadReport.Kind high = report.kinds().getFirst();
            goodput.add(report.requestsPerSecond() / capacity);
            firstToken.add(high.timeToFirstToken().p99() / usual);
            highAnswered.add(high.answered() / (double) Math.max(1, high.requests()));
            LoadReport.Percentiles refusals = report.refused();
            refused.add(refusals == null ? 0 : refusals.p99());
            heap.add(services.collected().heapMebibytes() / BarServices.HEAP_MEBIBYTES);
            run.say(String.format(
                    "round %d: %.2f of the capacity answered, first token of the highest p99 %.1f ms (%.1f unloaded),"
                            + " at most %.1f of it queued, %s",
                    round + 1,
                    goodput.getLast(),
                    high.timeToFirstToken().p99(),
                    usual,
                    highQueued.getLast(),
                    report.outcomes()));
        }
        return List.of(
                run.atLeast(id(), "goodput", goodput, "ratio", LEAST_GOODPUT),
                run.atMost(id(), "high-first-token-p99", firstToken, "ratio", MOST_FIRST_TOKEN),
                run.atMost(id(), "refusal-p99", refused, "ms", REFUSAL_P99_MILLIS),
                run.atMost(id(), "heap", heap, "ratio", MOST_HEAP),
                BarRun.reported(id(), "high-answered", highAnswered, "ratio"),
                BarRun.reported(id(), "high-queued-p99", highQueued, "ms"),
                BarRun.reported(id(), "capacity", List.of(capacity), "1/s"),
                BarRun.reported(id(), "unloaded-first-token-p99", List.of(usual), "ms"));
    }

    /** How long requests of the highest priority waited in flow control, by the bounds of the scheduler's buckets. */
    private static MeterBuckets queued(BarServices services) throws IOException, InterruptedException {
        return MeterBuckets.of(List.of(services.schedulerMeters()), QUEUED, "priority=\"" + HIGHEST + "\"");
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Map<String, String> settings(Path folder, Keys keys) throws IOException {
        Path scheduling = folder.resolve("three-priorities.yaml");
        Files.writeString(scheduling, SCHEDULING.formatted(SEQUENCES, HIGHEST));
        Path file = folder.resolve("three-keys.yaml");
        Files.writeString(
                file,
                "keys:\n" + keys.high().toYaml() + keys.middle().toYaml()
                        + keys.low().toYaml());
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("scheduler.config-file", scheduling.toString());
        settings.put("scheduler.allow-experimental-plugins", "true");
        settings.put("gateway.access.mode", "keys");
        settings.put("gateway.access.keys-file", file.toString());
        settings.put("gateway.access.key-limits.concurrent", "0");
        settings.put("gateway.access.tenant-limits.concurrent", "0");
        settings.put("gateway.access.cache-isolation", "shared");
        return settings;
    }

    /** Answers per second while the endpoints always have more than they can take, all of the highest priority. */
    private static double capacity(Duration window, Target target) throws InterruptedException, ExecutionException {
        LoadPlan plan =
                plan(new Arrivals.ClosedLoop(3 * SEQUENCES * ENDPOINTS), window.multipliedBy(2), RequestMix.NONE, 1);
        try (LoadRun load = new LoadRun(plan, target);
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<LoadReport> report = thread.submit(() -> load.execute(about(plan, target)));
            TimeUnit.MILLISECONDS.sleep(window.toMillis());
            LoadSnapshot from = load.snapshot();
            TimeUnit.MILLISECONDS.sleep(window.toMillis());
            LoadSnapshot to = load.snapshot();
            load.stop();
            report.get();
            long answered = to.ended() - to.errors() - from.ended() + from.errors();
            if (answered <= 0) {
                throw new BenchFailure("no request was answered while the capacity was measured");
            }
            return answered * 1e3 / window.toMillis();
        }
    }

    private static LoadReport load(Duration window, double rate, RequestMix mix, long seed, Target target)
            throws InterruptedException {
        LoadPlan plan = plan(new Arrivals.OpenLoop(rate, Arrivals.Spacing.POISSON), window, mix, seed);
        try (LoadRun load = new LoadRun(plan, target)) {
            return load.execute(about(plan, target));
        }
    }

    private static LoadPlan plan(Arrivals arrivals, Duration window, RequestMix mix, long seed) {
        return new LoadPlan(
                arrivals,
                window,
                Duration.ZERO,
                MODEL,
                TokenLengths.parse("128-384"),
                TokenLengths.parse("16-48"),
                0.5,
                8,
                1,
                seed,
                ANSWER_LIMIT,
                ANSWER_LIMIT,
                MAX_CONNECTIONS,
                Slo.NONE,
                mix);
    }

    private static LoadReport.Run about(LoadPlan plan, Target target) {
        return new LoadReport.Run(
                "bench bars",
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                target.toString(),
                plan.seed(),
                plan.duration().toMillis() / 1000.0);
    }
}
