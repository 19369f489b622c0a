package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** L10: good requests beside thousands of clients that send or read slowly, with the limits that gateways have unless told otherwise. */
final class SlowClientsBar implements BarFigure {

    private static final int SENDERS = 5_000;
    private static final int READERS = 500;
    /** So that none of them brings more than the connections that one address may have. */
    private static final int ADDRESSES = 40;

    private static final double RATE = 50;
    private static final int CONNECTIONS = 16;
    private static final int ENDPOINTS = 4;
    private static final int SECONDS = 100;
    private static final double MOST_P99 = 2;
    private static final double MOST_KIBIBYTES = 64;
    private static final double LEAST_OPEN = 0.9;
    private static final Duration SETTLE = Duration.ofSeconds(20);

    @Override
    public String id() {
        return "L10";
    }

    @Override
    public String title() {
        return "5,000 slow senders and 500 slow readers beside 50 requests/s";
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        int senders = run.share(SENDERS);
        int readers = run.share(READERS);
        try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                LoadClient client = new LoadClient();
                BarServices services = BarServices.start(
                        run,
                        BarServices.Shape.TOGETHER,
                        stub.ports(),
                        Map.of("gateway.limits.connections-per-address", "256"))) {
            services.warmUp(run, client);
            LoadRun good = client.start(services.port(), CONNECTIONS, BarRun.SHORT, Duration.ZERO, RATE);
            try (SlowClients slow = new SlowClients(new SourceAddresses(ADDRESSES), services.port())) {
                List<Double> before = p99(run, good);
                services.collected();
                ProcessMemory rested = ProcessMemory.of(services.gatewayPid());
                SoakReading heapRested = services.collected();
                double usualConnections = connections(services);
                slow.start(senders, readers, Duration.ofMillis(2L * (senders + readers)));
                TimeUnit.MILLISECONDS.sleep(2L * (senders + readers));
                awaitConnections(services, usualConnections + LEAST_OPEN * (senders + readers));
                good.tally();
                List<Double> during = p99(run, good);
                double open = connections(services) - usualConnections;
                SoakReading heap = services.collected();
                ProcessMemory memory = ProcessMemory.of(services.gatewayPid());
                run.say(String.format(
                        "%.0f slow connections open, %d hung up on, %d refused; %.0f MiB more",
                        open,
                        slow.hungUpOn(),
                        slow.refused(),
                        memory.residentMebibytes() - rested.residentMebibytes()));
                double usual = Figure.of(before).median();
                return List.of(
                        run.atMost(
                                id(),
                                "good-p99",
                                during.stream().map(p99 -> p99 / usual).toList(),
                                "ratio",
                                MOST_P99),
                        run.atMost(
                                id(),
                                "memory",
                                List.of(kibibytes(memory.residentMebibytes() - rested.residentMebibytes(), open)),
                                "KiB",
                                MOST_KIBIBYTES),
                        run.atMost(
                                id(),
                                "good-errors",
                                List.of((double) good.tally().errors()),
                                "",
                                0),
                        run.atLeast(id(), "open-share", List.of(open / (senders + readers)), "ratio", LEAST_OPEN),
                        BarRun.reported(
                                id(),
                                "heap",
                                List.of(kibibytes(heap.heapMebibytes() - heapRested.heapMebibytes(), open)),
                                "KiB"),
                        BarRun.reported(id(), "p99-before", before, "ms"),
                        BarRun.reported(id(), "p99-during", during, "ms"),
                        BarRun.reported(id(), "hung-up-on", List.of((double) slow.hungUpOn()), ""));
            } finally {
                good.drain(BarRun.DRAIN);
            }
        }
    }

    private static double connections(BarServices services) throws IOException, InterruptedException {
        return services.gatewayMeters().required("gateway_open_connections");
    }

    /** Goes on after a while without so many, which the figure then tells. */
    private static void awaitConnections(BarServices services, double many) throws IOException, InterruptedException {
        long limit = System.nanoTime() + SETTLE.toNanos();
        while (connections(services) < many && System.nanoTime() < limit) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static double kibibytes(double mebibytes, double connections) {
        return mebibytes * 1024 / Math.max(1, connections);
    }

    /** Of the rounds, in milliseconds. Half of the time of the figure. */
    private static List<Double> p99(BarRun run, LoadRun good) throws InterruptedException {
        List<Double> all = new ArrayList<>();
        for (int round = 0; round < run.settings().rounds(); round++) {
            good.tally();
            TimeUnit.MILLISECONDS.sleep(run.window(SECONDS).toMillis() / 2);
            LoadRun.Tally tally = good.tally();
            if (tally.latency().getTotalCount() == 0) {
                throw new BenchFailure("no good request was answered in a round, first: " + tally.firstError());
            }
            all.add(tally.latency().getValueAtPercentile(99) / 1e6);
        }
        return all;
    }
}
