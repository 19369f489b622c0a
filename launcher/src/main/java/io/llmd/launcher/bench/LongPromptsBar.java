package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** L4: prompts of 100,000 tokens that are hashed for prefix routing, with the scheduler beside the gateway and within it. */
final class LongPromptsBar implements BarFigure {

    private static final int ENDPOINTS = 4;
    private static final int CONNECTIONS = 16;
    private static final double RATE = 5;
    private static final int SECONDS = 60;
    private static final double CORES = 1;
    private static final double PICKING_P99_MILLIS = 5;
    private static final String PICKING = "llm_d_epp_scheduler_e2e_duration_seconds";
    private static final LoadShape SHAPE = new LoadShape(false, Payloads.LONG_REQUEST_BYTES, true);

    @Override
    public String id() {
        return "L4";
    }

    @Override
    public String title() {
        return "prompts of 400 KB at 5/s, prefix scoring on";
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        List<GoalLine> lines = new ArrayList<>();
        for (BarServices.Shape shape : List.of(BarServices.Shape.APART, BarServices.Shape.TOGETHER)) {
            lines.addAll(take(run, shape));
        }
        return lines;
    }

    private List<GoalLine> take(BarRun run, BarServices.Shape shape) throws IOException, InterruptedException {
        CpuMeter meter = CpuMeter.system();
        Duration window = run.window(SECONDS);
        List<Double> cores = new ArrayList<>();
        List<Double> picking = new ArrayList<>();
        List<Double> answers = new ArrayList<>();
        try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                LoadClient client = new LoadClient();
                BarServices services = BarServices.start(run, shape, stub.ports(), Map.of())) {
            services.warmUp(run, client);
            LoadRun load = client.start(services.port(), CONNECTIONS, SHAPE, Duration.ZERO, RATE);
            try {
                // Each connection has a prompt of its own, which the index knows from its second time on.
                TimeUnit.MILLISECONDS.sleep(Math.min(window.toMillis(), (long) (2 * CONNECTIONS / RATE * 1000)));
                load.tally();
                for (int round = 0; round < run.settings().rounds(); round++) {
                    MeterBuckets before = MeterBuckets.of(List.of(services.schedulerMeters()), PICKING);
                    long cpu = meter.processNanos(services.schedulerPid());
                    long begin = System.nanoTime();
                    TimeUnit.MILLISECONDS.sleep(window.toMillis());
                    cores.add(
                            (meter.processNanos(services.schedulerPid()) - cpu) / (double) (System.nanoTime() - begin));
                    MeterBuckets more = MeterBuckets.of(List.of(services.schedulerMeters()), PICKING)
                            .since(before);
                    if (more.count() == 0) {
                        throw new BenchFailure("no decision in a round");
                    }
                    picking.add(more.quantile(0.99) * 1e3);
                    answers.add(LatencyBar.right(load.tally()).latency().getValueAtPercentile(99) / 1e6);
                    run.say(String.format(
                            "%s: %.3f cores, picking p99 at most %.2f ms",
                            shape.name().toLowerCase(Locale.ROOT), cores.getLast(), picking.getLast()));
                }
            } finally {
                load.drain(BarRun.DRAIN);
            }
        }
        String prefix = shape.name().toLowerCase(Locale.ROOT) + ".";
        return List.of(
                run.atMost(id(), prefix + "cores", cores, "cores", CORES),
                run.atMost(id(), prefix + "picking-p99", picking, "ms", PICKING_P99_MILLIS),
                BarRun.reported(id(), prefix + "answer-p99", answers, "ms"));
    }
}
