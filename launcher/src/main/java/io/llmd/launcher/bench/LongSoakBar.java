package io.llmd.launcher.bench;

import io.llmd.launcher.load.Arrivals;
import io.llmd.launcher.load.LoadPlan;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.load.Slo;
import io.llmd.launcher.load.TokenLengths;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * L11: hours of mixed traffic, of which one request in twenty meets a fault, while endpoints are replaced by others and
 * tenants come and go. In the second half gateway and scheduler have to stay as they are: memory, threads, file
 * descriptors, meters and what is remembered of endpoints. In the end nothing may be left, and every request has its outcome.
 */
final class LongSoakBar implements BarFigure {

    private static final int ENDPOINTS = 3;
    private static final int SECONDS = 7_200;
    private static final double RATE = 50;
    private static final Duration STEP = Duration.ofSeconds(30);
    private static final Duration LINGER = Duration.ofSeconds(5);
    private static final int STEPS_TO_READING = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final double LEAST_ANSWERED = 0.9;
    private static final double LEAST_REPLACED = 0.9;
    private static final double HEAP_MEBIBYTES_AN_HOUR = 1;
    private static final double MEBIBYTE = 1 << 20;
    /** What rises by less over the second half is flat, as is what rises by less than 1. */
    private static final double FLAT_SHARE = 0.05;

    /** Collections are told of by a thread of their own. */
    private static final Duration TOLD_LIMIT = Duration.ofSeconds(5);

    /** Of all requests 5 % together. */
    private static final String FAULTS = """
            {"status": {"code": 500, "probability": 0.01},
             "reset_after_tokens": {"tokens": 3, "probability": 0.01},
             "drop_after_tokens": {"tokens": 3, "probability": 0.01},
             "error_after_tokens": {"tokens": 3, "probability": 0.005},
             "stall_before_head": {"for": "60s", "probability": 0.005},
             "stall_after_tokens": {"tokens": 2, "for": "60s", "probability": 0.005},
             "garbage": {"kind": "broken_json", "event": 2, "probability": 0.005}}
            """;

    @Override
    public String id() {
        return "L11";
    }

    @Override
    public String title() {
        return "hours of faults, with endpoints and tenants that come and go";
    }

    @Override
    public boolean isPinned() {
        return false;
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        Duration duration = Duration.ofSeconds(run.settings().seconds().orElse(SECONDS));
        SoakFleet.Setup setup = SoakFleet.Setup.watched(ENDPOINTS, SoakFleet.Routing.REMEMBERING);
        try (SoakFleet fleet = new SoakFleet(setup, run.folder())) {
            fleet.start();
            for (int i = 0; i < ENDPOINTS; i++) {
                fleet.faultOf(i, FAULTS);
            }
            return new Hours(run, fleet, duration).take();
        }
    }

    /** Meters of a process. */
    @FunctionalInterface
    private interface Meters {
        MetersPage read() throws IOException, InterruptedException;
    }

    /** One run. */
    private final class Hours {
        private final BarRun run;
        private final SoakFleet fleet;
        private final Duration duration;
        private final SoakTenants tenants;
        private final SoakHeld held;
        private final SoakLeavers leavers = new SoakLeavers();
        private final SoakEndings endings = new SoakEndings();
        private final Map<String, SoakTrend> trends = new LinkedHashMap<>();
        private int replaced;

        Hours(BarRun run, SoakFleet fleet, Duration duration) {
            this.run = run;
            this.fleet = fleet;
            this.duration = duration;
            tenants = new SoakTenants(fleet.url(), (int) duration.dividedBy(STEP) + 1);
            held = new SoakHeld(fleet);
        }

        List<GoalLine> take() throws IOException, InterruptedException {
            double before = fleet.gatewayMeters().sum("gateway_requests_total");
            LoadReport report;
            try (SoakLoad load = new SoakLoad(fleet, RATE, PATIENCE)) {
                report = underLoad(load);
            }
            endings.add(report.outcomes());
            run.say("endings: " + endings);
            held.awaitNothing();
            return lines(report, before);
        }

        private LoadReport underLoad(SoakLoad load) throws IOException, InterruptedException {
            fleet.addKeys(tenants.known());
            // Whoever sends first has to be known.
            TimeUnit.NANOSECONDS.sleep(LINGER.toNanos());
            long begin = System.nanoTime();
            try (SoakLoad.Part all = load.start(plan(), tenants.targets(), tenants::isSending)) {
                long end = begin + duration.toNanos();
                for (long at = begin + STEP.toNanos(); Math.max(at, System.nanoTime()) < end; at += STEP.toNanos()) {
                    sleepUntil(at);
                    exchange();
                    if (replaced % STEPS_TO_READING == 0 && System.nanoTime() < end) {
                        read(begin);
                    }
                }
                sleepUntil(end);
                return all.end();
            }
        }

        /** Another endpoint, another tenant, and clients that leave. */
        private void exchange() throws IOException, InterruptedException {
            tenants.step();
            fleet.addKeys(tenants.known());
            fleet.replaceEndpoint(replaced % ENDPOINTS, FAULTS, LINGER);
            replaced++;
            leavers.leave(fleet);
        }

        private LoadPlan plan() {
            return new LoadPlan(
                    new Arrivals.OpenLoop(RATE * run.settings().share(), Arrivals.Spacing.POISSON),
                    duration,
                    Duration.ZERO,
                    "sim-8b",
                    TokenLengths.parse("64-1024"),
                    TokenLengths.parse("8-128"),
                    0.5,
                    8,
                    0.7,
                    1,
                    PATIENCE,
                    PATIENCE,
                    4_096,
                    Slo.NONE);
        }

        // ---- over time

        private void read(long begin) throws IOException, InterruptedException {
            Map<String, Double> values = new LinkedHashMap<>();
            values.putAll(process("gateway", collected(fleet.gateway(), fleet::gatewayMeters)));
            MetersPage scheduler = collected(fleet.scheduler(), fleet::schedulerMeters);
            values.putAll(process("scheduler", scheduler));
            values.put("estimated-blocks", scheduler.required("llm_d_epp_prefix_indexer_size"));
            values.put("indexed-blocks", scheduler.required("scheduler_kv_index_blocks"));
            double hours = (System.nanoTime() - begin) / 3_600e9;
            run.say(String.format("%6.1f min  %s", 60 * hours, values));
            if (hours * 3_600 >= duration.toSeconds() / 2.0) {
                values.forEach((name, value) ->
                        trends.computeIfAbsent(name, any -> new SoakTrend()).add(hours, value));
            }
        }

        /** Meters after a collection that they know of. */
        private MetersPage collected(SoakPart part, Meters meters) throws IOException, InterruptedException {
            double before = collections(meters.read());
            SoakReading.collect(part.pid());
            long limit = System.nanoTime() + TOLD_LIMIT.toNanos();
            while (collections(meters.read()) <= before) {
                if (System.nanoTime() > limit) {
                    run.say(part.name()
                            + ": its meters do not tell of a collection, its heap is that of the one before");
                    break;
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
            // Pauses are told before what is left.
            return meters.read();
        }

        private static double collections(MetersPage page) {
            return page.sum("jvm_gc_pause_seconds_count", "cause=\"Diagnostic Command\"");
        }

        private static Map<String, Double> process(String name, MetersPage meters) {
            SoakReading reading = SoakReading.of(meters);
            Map<String, Double> values = new LinkedHashMap<>();
            // What the collection left, without what was allocated since: under load that is tens of MiB.
            values.put(name + "-heap", meters.required("jvm_gc_live_data_size_bytes") / MEBIBYTE);
            values.put(name + "-direct", reading.directMebibytes());
            values.put(name + "-threads", reading.threads());
            values.put(name + "-files", reading.files());
            values.put(name + "-meters", meters.series());
            return values;
        }

        // ---- the end

        private List<GoalLine> lines(LoadReport report, double before) throws IOException, InterruptedException {
            long sent = leavers.sent() + endings.sent();
            double counted = fleet.gatewayMeters().required("gateway_requests_total") - before;
            List<GoalLine> lines = new ArrayList<>();
            lines.add(reported("sent", sent));
            lines.add(atLeast(
                    "answered-share", report.answered() / (double) Math.max(1, report.requests()), LEAST_ANSWERED));
            lines.add(atLeast("endpoints-replaced", replaced, LEAST_REPLACED * (duration.dividedBy(STEP) - 1)));
            lines.add(zero("sent-less-outcomes", Math.abs(sent - counted)));
            lines.add(zero("unexplained-endings", endings.unexplained(true)));
            lines.add(zero("held-in-gateway", held.inGateway()));
            lines.add(zero("leases", held.leases()));
            lines.add(zero("queued", fleet.schedulerMeters().sum("llm_d_epp_flow_control_queue_size")));
            lines.add(zero("queued-bytes", fleet.schedulerMeters().sum("llm_d_epp_flow_control_queue_bytes")));
            lines.add(zero("endpoint-requests", held.inEndpoints()));
            lines.add(zero("leaked-buffers", fleet.logged("LEAK:")));
            lines.add(zero(
                    "errors-logged",
                    fleet.gateway().logged(" ERROR ") + fleet.scheduler().logged(" ERROR ")));
            trends.forEach((name, trend) -> lines.addAll(lines(name, trend)));
            return lines;
        }

        /** What it was, and how much it rises in an hour. */
        private List<GoalLine> lines(String name, SoakTrend trend) {
            GoalLine values = BarRun.reported(id(), name, trend.values(), "");
            if (trend.size() < SoakTrend.LEAST_VALUES) {
                run.say(name + ": too few readings for a slope");
                return List.of(values);
            }
            double hours = duration.toSeconds() / 2.0 / 3_600;
            double most =
                    name.endsWith("-heap") ? HEAP_MEBIBYTES_AN_HOUR : Math.max(1, FLAT_SHARE * values.value()) / hours;
            return List.of(values, run.atMost(id(), name + "-per-hour", List.of(trend.perHour()), "", most));
        }

        private GoalLine atLeast(String name, double value, double least) {
            return run.atLeast(id(), name, List.of(value), "", least);
        }

        private GoalLine zero(String name, double value) {
            return run.atMost(id(), name, List.of(value), "", 0);
        }

        private GoalLine reported(String name, double value) {
            return BarRun.reported(id(), name, List.of(value), "");
        }

        private static void sleepUntil(long nanos) throws InterruptedException {
            long left = nanos - System.nanoTime();
            if (left > 0) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
        }
    }
}
