package io.llmd.launcher.bench;

import io.llmd.launcher.load.Arrivals;
import io.llmd.launcher.load.LoadPlan;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.load.LoadRun;
import io.llmd.launcher.load.Slo;
import io.llmd.launcher.load.Target;
import io.llmd.launcher.load.TokenLengths;
import io.llmd.launcher.terminal.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Steady load, and something that goes wrong at regular intervals. In the end nothing may be left: no request without its
 * outcome, no place, lease, buffer or file descriptor that was not given back, and no heap that grew.
 */
final class SoakBench {

    private static final Duration WARM_UP = Duration.ofSeconds(30);
    private static final Duration QUIET_LIMIT = Duration.ofSeconds(90);
    /** Longer than all deadlines of the gateway together, so that whoever waits as long waits for nothing. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(180);

    private static final int READINGS = 12;
    private static final double HEAP_GROWTH_MEBIBYTES = 4;
    private static final double THREAD_GROWTH = 2;
    private static final int BURST_TOKENS = 400;

    private final Settings settings;
    private final PrintWriter progress;
    private final SoakFleet fleet;
    private final SoakHeld held;
    private final SoakLeavers leavers = new SoakLeavers();
    private final SoakEndings endings = new SoakEndings();
    private final SoakHeap heap = new SoakHeap();
    private final List<String> faults = new ArrayList<>();

    /**
     * What is run.
     *
     * @param duration how long requests are sent
     * @param requestsPerSecond mean rate
     * @param faultEvery from one fault to the next
     * @param seed of the requests, and of the order of faults
     */
    record Settings(Duration duration, double requestsPerSecond, Duration faultEvery, long seed) {}

    SoakBench(Settings settings, SoakFleet fleet, PrintWriter progress) {
        this.settings = settings;
        this.fleet = fleet;
        held = new SoakHeld(fleet);
        this.progress = progress;
    }

    /** Runs to the end. @throws BenchFailure if a part does not start, or does not come back */
    List<GoalLine> run() throws IOException, InterruptedException {
        fleet.start();
        double before = fleet.gatewayMeters().sum("gateway_requests_total");
        load(plan(open(), WARM_UP, "16-64"));
        held.awaitNothing();
        SoakReading rested = reading();
        LoadReport report = withFaults();
        fleet.awaitReady();
        held.awaitNothing();
        int refused = burst();
        held.awaitNothing();
        SoakReading last = awaitFiles(rested);
        say("endings: " + endings);
        double counted = fleet.gatewayMeters().required("gateway_requests_total") - before;
        return lines(report, counted, refused, rested, last);
    }

    // ---- load and faults

    private LoadReport withFaults() throws IOException, InterruptedException {
        LoadPlan plan = plan(open(), settings.duration(), "16-64");
        try (LoadRun run = new LoadRun(plan, target());
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<LoadReport> report = thread.submit(() -> run.execute(about(plan)));
            try {
                long begin = System.nanoTime();
                breakThings(begin);
                sleepUntil(begin + settings.duration().toNanos());
            } finally {
                run.stop();
            }
            return counted(report.get());
        } catch (ExecutionException e) {
            throw new BenchFailure("load: " + e.getCause());
        }
    }

    private void breakThings(long begin) throws IOException, InterruptedException {
        Random random = new Random(settings.seed());
        List<SoakFault> order = List.of();
        long every = settings.faultEvery().toNanos();
        long readEvery = settings.duration().dividedBy(READINGS).toNanos();
        long nextReading = begin + readEvery;
        for (long at = begin + every / 4; ; at += every) {
            if (order.isEmpty()) {
                List<SoakFault> all = new ArrayList<>(SoakFault.all(leavers));
                Collections.shuffle(all, random);
                order = all;
            }
            SoakFault fault = order.getFirst();
            order = order.subList(1, order.size());
            if (at + fault.lasts().toNanos() > begin + settings.duration().toNanos()) {
                return;
            }
            sleepUntil(at);
            fleet.awaitReady();
            happen(fault, random.nextInt(fleet.count()), begin);
            if (System.nanoTime() > nextReading) {
                nextReading += readEvery;
                read();
            }
        }
    }

    private void happen(SoakFault fault, int endpoint, long begin) throws IOException, InterruptedException {
        faults.add(fault.name());
        say(String.format("%6.1f min  %s (endpoint %d)", (System.nanoTime() - begin) / 60e9, fault.name(), endpoint));
        long start = System.nanoTime();
        fault.begin().run(fleet, endpoint);
        sleepUntil(start + fault.lasts().toNanos());
        fault.end().run(fleet, endpoint);
    }

    private void read() throws IOException, InterruptedException {
        SoakReading reading = reading();
        heap.add(reading.heapMebibytes());
        say(String.format(
                "            heap %.1f MiB, direct %.1f MiB, %.0f threads, %.0f files",
                reading.heapMebibytes(), reading.directMebibytes(), reading.threads(), reading.files()));
    }

    /** As many requests at one time as the key may have: none may be refused. @return how many were */
    private int burst() throws InterruptedException {
        LoadReport report = load(plan(
                new Arrivals.ClosedLoop(SoakFleet.PERMITS), Duration.ofSeconds(1), Integer.toString(BURST_TOKENS)));
        return (int) (report.requests() - report.answered());
    }

    private LoadReport load(LoadPlan plan) throws InterruptedException {
        try (LoadRun run = new LoadRun(plan, target())) {
            return counted(run.execute(about(plan)));
        }
    }

    private LoadReport counted(LoadReport report) {
        endings.add(report.outcomes());
        return report;
    }

    private Arrivals open() {
        return new Arrivals.OpenLoop(settings.requestsPerSecond(), Arrivals.Spacing.POISSON);
    }

    private LoadPlan plan(Arrivals arrivals, Duration duration, String outputTokens) {
        return new LoadPlan(
                arrivals,
                duration,
                Duration.ZERO,
                "sim-8b",
                TokenLengths.parse("128-384"),
                TokenLengths.parse(outputTokens),
                0.5,
                8,
                0.7,
                settings.seed(),
                ANSWER_LIMIT,
                ANSWER_LIMIT,
                4096,
                Slo.NONE);
    }

    private Target target() {
        return new Target(fleet.url(), fleet.key(), Map.of());
    }

    private LoadReport.Run about(LoadPlan plan) {
        return new LoadReport.Run(
                "bench soak",
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                fleet.url().toString(),
                plan.seed(),
                plan.duration().toMillis() / 1000.0);
    }

    // ---- the end

    /** Kept connections end some seconds after the last request. */
    private SoakReading awaitFiles(SoakReading rested) throws IOException, InterruptedException {
        long limit = System.nanoTime() + QUIET_LIMIT.toNanos();
        SoakReading now = reading();
        while (now.files() > rested.files() && System.nanoTime() < limit) {
            TimeUnit.SECONDS.sleep(2);
            now = reading();
        }
        return now;
    }

    private SoakReading reading() throws IOException, InterruptedException {
        SoakReading.collect(fleet.gateway().pid());
        return SoakReading.of(fleet.gatewayMeters());
    }

    private List<GoalLine> lines(LoadReport report, double counted, int refused, SoakReading rested, SoakReading last)
            throws IOException, InterruptedException {
        long sent = leavers.sent() + endings.sent();
        MetersPage gateway = fleet.gatewayMeters();
        List<GoalLine> lines = new ArrayList<>();
        lines.add(reported("faults", faults.size(), ""));
        lines.add(reported("sent", sent, ""));
        lines.add(reported("answered-share", report.answered() / (double) Math.max(1, report.requests()), ""));
        lines.add(reported("first-token-p99", report.timeToFirstToken().p99(), "ms"));
        lines.add(zero("sent-less-outcomes", Math.abs(sent - counted)));
        lines.add(zero("unexplained-endings", endings.unexplained(faults.contains(SoakFault.BROKEN_JSON))));
        lines.add(zero("requests-under-way", gateway.required("gateway_inflight")));
        lines.add(zero("held-body-bytes", gateway.required("gateway_held_body_bytes")));
        lines.add(zero("client-connections", gateway.required("gateway_open_connections")));
        lines.add(zero("leases", held.leases()));
        lines.add(zero("endpoint-requests", held.inEndpoints()));
        lines.add(zero("permits-missing", refused));
        lines.add(zero("leaked-buffers", fleet.logged("LEAK:")));
        lines.add(zero("errors-logged", fleet.gateway().logged(" ERROR ")));
        lines.add(atMost("file-descriptors-more", last.files() - rested.files(), 0, ""));
        lines.add(atMost("threads-more", last.threads() - rested.threads(), THREAD_GROWTH, ""));
        lines.add(atLeast("heap-readings", heap.readings(), SoakHeap.LEAST_READINGS));
        if (heap.readings() >= SoakHeap.LEAST_READINGS) {
            lines.add(atMost("heap-growth", heap.growth(), HEAP_GROWTH_MEBIBYTES, "MiB"));
        }
        lines.add(reported("direct-buffers", last.directMebibytes(), "MiB"));
        return lines;
    }

    private static GoalLine reported(String name, double value, String unit) {
        return GoalLine.reported("soak", name, Figure.of(List.of(value)), unit, null, 0);
    }

    private static GoalLine zero(String name, double value) {
        return atMost(name, value, 0, "");
    }

    private static GoalLine atMost(String name, double value, double most, String unit) {
        return GoalLine.judged("soak", name, Figure.of(List.of(value)), unit, most, null, 0);
    }

    private static GoalLine atLeast(String name, double value, double least) {
        return GoalLine.judgedAtLeast("soak", name, Figure.of(List.of(value)), "", least, null);
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    private void say(String line) {
        progress.println(line);
        progress.flush();
    }
}
