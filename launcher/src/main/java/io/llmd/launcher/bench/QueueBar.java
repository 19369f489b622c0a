package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * L7: clients that wait in flow control, over HTTP, while others of them hang up and come anew and some are served. In the end
 * the endpoints stand still, nobody hangs up, and the gauges are compared with what the clients know.
 */
final class QueueBar implements BarFigure {

    private static final int WAITING = 10_000;
    private static final int LEAVERS = 2_000;
    private static final int ENDPOINTS = 4;
    private static final int REQUESTS_OF_AN_ENDPOINT = 16;
    private static final Duration PACE = Duration.ofMillis(10);
    private static final int SECONDS = 60;
    private static final double CYCLE_P99_MILLIS = 1;
    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final String CYCLE = "llm_d_epp_flow_control_dispatch_cycle_duration_seconds";
    private static final LoadShape SHAPE = new LoadShape(true, BarRun.SHORT_BYTES, true);
    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            featureGates: [flowControl]
            plugins:
              - {name: load, type: active-request-scorer}
              - {name: room, type: concurrency-detector, parameters: {maxConcurrency: %d}}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: load, weight: 1}
            flowControl:
              defaultRequestTTL: 30m
              saturationDetector: {pluginRef: room}
              priorityBands:
                - {priority: 0, maxRequests: 20000}
            """;

    @Override
    public String id() {
        return "L7";
    }

    @Override
    public String title() {
        return "10,000 waiting, 2,000 hang up each second";
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        int room = run.share(REQUESTS_OF_AN_ENDPOINT);
        int clients = run.share(WAITING) + ENDPOINTS * room;
        try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                LoadClient client = new LoadClient(new SourceAddresses(64));
                BarServices services = BarServices.start(
                        run, BarServices.Shape.TOGETHER, stub.ports(), settings(run.folder(), room))) {
            stub.streamed(true);
            stub.pace(PACE);
            LoadRun load = client.start(services.port(), clients, SHAPE, Duration.ofMillis(clients / 2), 0);
            try {
                return measure(run, stub, services, load, clients);
            } finally {
                stub.hold(false);
                stub.pace(Duration.ZERO);
                load.drain(SETTLE);
            }
        }
    }

    private static Map<String, String> settings(Path folder, int room) throws IOException {
        Path file = folder.resolve("queue.yaml");
        Files.writeString(file, SCHEDULING.formatted(room));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("scheduler.config-file", file.toString());
        settings.put("gateway.limits.connections", "16000");
        settings.put("gateway.timeouts.queue", "1900s");
        settings.put("gateway.timeouts.request", "2000s");
        return settings;
    }

    private List<GoalLine> measure(BarRun run, EndpointStub stub, BarServices services, LoadRun load, int clients)
            throws IOException, InterruptedException {
        awaitWaiting(services, clients);
        load.leaveAt(run.share(LEAVERS));
        Duration window = run.window(SECONDS);
        TimeUnit.MILLISECONDS.sleep(Math.min(10_000, window.toMillis()));
        List<Double> cycle = new ArrayList<>();
        List<Double> cancels = new ArrayList<>();
        List<Double> cycles = new ArrayList<>();
        List<Double> waiting = new ArrayList<>();
        for (int round = 0; round < run.settings().rounds(); round++) {
            MeterBuckets before = MeterBuckets.of(List.of(services.schedulerMeters()), CYCLE);
            long left = load.tally().left();
            long begin = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(window.toMillis());
            double seconds = (System.nanoTime() - begin) / 1e9;
            MetersPage page = services.schedulerMeters();
            MeterBuckets more = MeterBuckets.of(List.of(page), CYCLE).since(before);
            if (more.count() == 0) {
                throw new BenchFailure("no dispatch cycle in a round");
            }
            cycle.add(more.quantile(0.99) * 1e3);
            cycles.add(more.count() / seconds);
            cancels.add((load.tally().left() - left) / seconds);
            waiting.add(waiting(page));
            run.say(String.format(
                    "round %d: %.0f waiting, %.0f left/s, %.0f cycles/s, p99 at most %.2f ms",
                    round + 1, waiting.getLast(), cancels.getLast(), cycles.getLast(), cycle.getLast()));
        }
        load.stay();
        stub.hold(true);
        LoadRun.Tally tally = load.tally();
        return List.of(
                run.atMost(id(), "cycle-p99", cycle, "ms", CYCLE_P99_MILLIS),
                run.atMost(id(), "gauges-less-clients", List.of(difference(services, load)), "", 0),
                run.atMost(id(), "errors", List.of((double) tally.errors()), "", 0),
                BarRun.reported(id(), "waiting", waiting, ""),
                BarRun.reported(id(), "cancels", cancels, "1/s"),
                BarRun.reported(id(), "cycles", cycles, "1/s"));
    }

    private static void awaitWaiting(BarServices services, int clients) throws IOException, InterruptedException {
        long limit = System.nanoTime() + SETTLE.toNanos();
        while (services.gatewayMeters().required("gateway_inflight") < clients) {
            if (System.nanoTime() > limit) {
                throw new BenchFailure(
                        services.gatewayMeters().required("gateway_inflight") + " of " + clients + " clients wait");
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static double waiting(MetersPage scheduler) {
        return scheduler.required("llm_d_epp_flow_control_queue_size");
    }

    /** How far gauges are from what clients have under way, once all has come to rest. */
    private static double difference(BarServices services, LoadRun load) throws IOException, InterruptedException {
        long limit = System.nanoTime() + SETTLE.toNanos();
        double difference = Double.NaN;
        while (difference != 0 && System.nanoTime() < limit) {
            TimeUnit.MILLISECONDS.sleep(500);
            long clients = load.inFlight();
            MetersPage scheduler = services.schedulerMeters();
            double inGateway = services.gatewayMeters().required("gateway_inflight");
            double inScheduler = waiting(scheduler) + scheduler.required("scheduler_leases");
            difference = Math.abs(inGateway - clients) + Math.abs(inScheduler - clients);
        }
        return difference;
    }
}
