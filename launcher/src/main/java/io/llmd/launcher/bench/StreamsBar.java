package io.llmd.launcher.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * L3: many slow streams for minutes. The endpoints stamp each event with its number and the time at which it is due; clients
 * compare every byte. What a stream over the gateway takes more than one from the endpoint itself is what the gateway adds.
 */
final class StreamsBar implements BarFigure {

    private static final int STREAMS = 2_000;
    private static final Duration PACE = Duration.ofMillis(200);
    private static final int ENDPOINTS = 4;
    private static final int SECONDS = 600;
    private static final Duration DIRECT = Duration.ofSeconds(30);
    private static final double ADDED_P99_MILLIS = 50;
    private static final double HEAP_MEBIBYTES = 64;
    private static final double DIRECT_MEBIBYTES = 8;
    private static final LoadShape SHAPE = new LoadShape(true, BarRun.SHORT_BYTES, true, true);
    private static final double NANOS_PER_MILLI = 1e6;

    @Override
    public String id() {
        return "L3";
    }

    @Override
    public String title() {
        return "2,000 streams of 5 events/s, every byte compared";
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        int streams = run.share(STREAMS);
        try (EndpointStub stub = EndpointStub.start(ENDPOINTS);
                LoadClient client = new LoadClient();
                BarServices services = BarServices.start(run, BarServices.Shape.TOGETHER, stub.ports(), Map.of())) {
            services.warmUp(run, client);
            stub.streamed(true);
            stub.stamped(true);
            stub.pace(PACE);
            Passed direct = pass(
                    run, client, stub.ports().getFirst(), streams, shorter(run.window(SECONDS), DIRECT), 1, () -> {});
            SoakReading rested = services.collected();
            List<SoakReading> during = new ArrayList<>();
            Passed gateway = pass(
                    run,
                    client,
                    services.port(),
                    streams,
                    run.window(SECONDS),
                    run.settings().rounds(),
                    () -> during.add(services.collected()));
            SoakReading busy = during.getFirst();
            SoakReading last = during.getLast();
            SoakReading after = services.collected();
            double directP99 = direct.p99().getFirst();
            return List.of(
                    run.atMost(
                            id(),
                            "added-p99",
                            gateway.p99().stream().map(p99 -> p99 - directP99).toList(),
                            "ms",
                            ADDED_P99_MILLIS),
                    run.atMost(id(), "lost-or-altered", List.of((double) gateway.wrong()), "", 0),
                    run.atMost(
                            id(),
                            "heap-with-streams",
                            List.of(last.heapMebibytes() - rested.heapMebibytes()),
                            "MiB",
                            HEAP_MEBIBYTES),
                    run.atMost(
                            id(),
                            "direct-growth",
                            List.of(last.directMebibytes() - busy.directMebibytes()),
                            "MiB",
                            DIRECT_MEBIBYTES),
                    BarRun.reported(
                            id(), "heap-after-streams", List.of(after.heapMebibytes() - rested.heapMebibytes()), "MiB"),
                    BarRun.reported(id(), "events", List.of((double) gateway.events()), ""),
                    BarRun.reported(id(), "rate", gateway.rates(), "1/s"),
                    BarRun.reported(id(), "direct-p99", direct.p99(), "ms"));
        }
    }

    /** @param p99 of each round, in milliseconds from when an event was due */
    private record Passed(List<Double> p99, List<Double> rates, long events, long wrong) {}

    /** Something that is looked at while the streams run, at the start and at the end. */
    @FunctionalInterface
    private interface Look {
        void at() throws IOException, InterruptedException;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Passed pass(
            BarRun run, LoadClient client, int port, int streams, Duration window, int rounds, Look look)
            throws IOException, InterruptedException {
        // One stream's length, so that streams start and end evenly.
        Duration spread = PACE.multipliedBy(Payloads.EVENTS);
        LoadRun load = client.start(port, streams, SHAPE, spread, 0);
        List<Double> p99 = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        TimeUnit.MILLISECONDS.sleep(spread.toMillis());
        look.at();
        LoadRun.Tally before = load.tally();
        for (int round = 0; round < rounds; round++) {
            long begin = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(window.toMillis());
            LoadRun.Tally now = load.tally();
            p99.add(now.eventLatency().getValueAtPercentile(99) / NANOS_PER_MILLI);
            rates.add((now.events() - before.events()) * 1e9 / (System.nanoTime() - begin));
            run.say(String.format(
                    "%,.0f events/s, p99 %.2f ms after they were due, %d wrong",
                    rates.getLast(), p99.getLast(), now.errors()));
            before = now;
        }
        look.at();
        LoadRun.Tally end = load.drain(BarRun.DRAIN);
        if (end.firstError() != null) {
            run.say("first: " + end.firstError());
        }
        return new Passed(p99, rates, end.events(), end.errors());
    }
}
