package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** L1 and L2: what the gateway adds to short requests at fixed times, and how many it answers on one core. */
final class LatencyBar {

    private static final int ENDPOINTS = 4;
    private static final int CONNECTIONS = 64;
    private static final double RATE = 200;
    private static final double ADDED_P50_MILLIS = 1.5;
    private static final double ADDED_P99_MILLIS = 10;
    private static final double LEAST_RATE = 1_500;
    private static final Duration RAMP = Duration.ofMillis(500);
    private static final double NANOS_PER_MILLI = 1e6;

    private LatencyBar() {}

    /** L1. */
    static final class Added implements BarFigure {

        @Override
        public String id() {
            return "L1";
        }

        @Override
        public String title() {
            return "added to short requests at 200/s";
        }

        @Override
        public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
            List<Double> p50 = new ArrayList<>();
            List<Double> p99 = new ArrayList<>();
            List<Double> direct = new ArrayList<>();
            // Each of two has half of the time.
            Duration window = run.window(100).dividedBy(2);
            try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                    LoadClient client = new LoadClient();
                    BarServices services = BarServices.start(run, BarServices.Shape.TOGETHER, stub.ports(), Map.of())) {
                services.warmUp(run, client);
                for (int round = 0; round < run.settings().rounds(); round++) {
                    Histogram without = measure(client, stub.ports().getFirst(), window);
                    Histogram with = measure(client, services.port(), window);
                    direct.add(without.getValueAtPercentile(99) / NANOS_PER_MILLI);
                    p50.add(added(with, without, 50));
                    p99.add(added(with, without, 99));
                    run.say(String.format(
                            "round %d: added p50 %.3f ms, p99 %.3f ms", round + 1, p50.getLast(), p99.getLast()));
                }
            }
            return List.of(
                    run.atMost(id(), "added-p50", p50, "ms", ADDED_P50_MILLIS),
                    run.atMost(id(), "added-p99", p99, "ms", ADDED_P99_MILLIS),
                    BarRun.reported(id(), "direct-p99", direct, "ms"));
        }

        private static double added(Histogram with, Histogram without, double percentile) {
            return (with.getValueAtPercentile(percentile) - without.getValueAtPercentile(percentile)) / NANOS_PER_MILLI;
        }

        private static Histogram measure(LoadClient client, int port, Duration window) throws InterruptedException {
            LoadRun load = client.start(port, CONNECTIONS, BarRun.SHORT, Duration.ZERO, RATE);
            try {
                TimeUnit.MILLISECONDS.sleep(RAMP.toMillis());
                load.tally();
                TimeUnit.MILLISECONDS.sleep(window.toMillis());
                return right(load.tally()).latency();
            } finally {
                load.drain(BarRun.DRAIN);
            }
        }
    }

    /** L2. */
    static final class Throughput implements BarFigure {

        @Override
        public String id() {
            return "L2";
        }

        @Override
        public String title() {
            return "short requests over 64 connections, as fast as answers come";
        }

        @Override
        public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
            List<Double> rates = new ArrayList<>();
            List<Double> errors = new ArrayList<>();
            List<Double> p99 = new ArrayList<>();
            Duration window = run.window(25);
            try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                    LoadClient client = new LoadClient();
                    BarServices services = BarServices.start(run, BarServices.Shape.TOGETHER, stub.ports(), Map.of())) {
                services.warmUp(run, client);
                for (int round = 0; round < run.settings().rounds(); round++) {
                    LoadRun load = client.start(services.port(), CONNECTIONS, BarRun.SHORT, Duration.ZERO, 0);
                    TimeUnit.MILLISECONDS.sleep(RAMP.toMillis());
                    LoadRun.Tally before = load.tally();
                    long begin = System.nanoTime();
                    TimeUnit.MILLISECONDS.sleep(window.toMillis());
                    LoadRun.Tally after = load.tally();
                    double seconds = (System.nanoTime() - begin) / 1e9;
                    errors.add((double) load.drain(BarRun.DRAIN).errors());
                    rates.add((after.responses() - before.responses()) / seconds);
                    p99.add(after.latency().getValueAtPercentile(99) / NANOS_PER_MILLI);
                    run.say(String.format("round %d: %,.0f requests/s", round + 1, rates.getLast()));
                }
            }
            return List.of(
                    run.pinning().isPinned()
                            ? run.atLeast(id(), "rate", rates, "1/s", LEAST_RATE)
                            : BarRun.reported(id(), "rate", rates, "1/s"),
                    run.atMost(id(), "errors", errors, "", 0),
                    BarRun.reported(id(), "p99", p99, "ms"));
        }
    }

    /** @throws BenchFailure if an answer was wrong, or there was none */
    static LoadRun.Tally right(LoadRun.Tally tally) {
        if (tally.errors() > 0 || tally.responses() == 0) {
            throw new BenchFailure(
                    tally.errors() + " wrong answers beside " + tally.responses() + ", first: " + tally.firstError());
        }
        return tally;
    }
}
