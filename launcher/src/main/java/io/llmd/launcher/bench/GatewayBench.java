package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs contenders side by side: endpoints and load client live in this process, each contender is a process of its own.
 * All contenders stay up during the whole run, and every round measures each of them with each workload, another one
 * first each time. Closing it ends the contenders and deletes their files.
 */
final class GatewayBench implements AutoCloseable {

    /** Name of the measurement without anything between client and endpoint. */
    static final String DIRECT = "direct";

    /** Endpoints that the contenders choose from. */
    private static final int ENDPOINTS = 4;

    private static final int MAX_TRIES = 3;
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(15);
    private static final Duration RAMP = Duration.ofMillis(300);
    private static final Duration WARM_UP_SLICE = Duration.ofSeconds(2);

    /** A JVM has settled when this many slices in a row were not this much better than the best before them. */
    private static final int CALM_SLICES = 3;

    private static final double BETTER = 0.95;
    /** What others do wrong now and then is said, and does not end the run. */
    private static final int RIGHT_PER_WRONG_OF_OTHERS = 500;

    private static final int MAX_WARM_UPS = 6;

    /** Something to put load on; {@code process} is null for {@link #DIRECT}. */
    private record Subject(
            String name,
            int port,
            boolean jvm,
            boolean exact,
            @Nullable ProcessHandle process) {}

    private final BenchSettings settings;
    private final Consumer<String> progress;
    private final CpuMeter meter;
    private final Path folder;
    private final EndpointStub stub = EndpointStub.start(ENDPOINTS);
    private final LoadClient client = new LoadClient();
    private final List<ChildProcess> children = Collections.synchronizedList(new ArrayList<>());
    private final Thread onExit = new Thread(this::release, "bench-cleanup");
    private volatile boolean released;

    private GatewayBench(BenchSettings settings, Consumer<String> progress, CpuMeter meter, Path folder) {
        this.settings = settings;
        this.progress = progress;
        this.meter = meter;
        this.folder = folder;
    }

    /** @param progress takes a line for people now and then */
    static GatewayBench open(BenchSettings settings, Consumer<String> progress) throws IOException {
        GatewayBench bench =
                new GatewayBench(settings, progress, CpuMeter.system(), Files.createTempDirectory("llmd-bench-"));
        Runtime.getRuntime().addShutdownHook(bench.onExit);
        return bench;
    }

    /**
     * Starts the contenders and measures.
     *
     * @throws BenchFailure if a contender does not start, or answers a single request wrongly
     */
    Results run(List<Contender> contenders) throws IOException, InterruptedException {
        List<Subject> subjects = new ArrayList<>();
        for (Contender contender : contenders) {
            subjects.add(start(contender));
        }
        for (Subject subject : subjects) {
            warmUp(subject);
        }
        Results results = new Results();
        for (int round = 0; round < settings.rounds(); round++) {
            for (Workload workload : settings.workloads()) {
                for (Subject subject : order(subjects, workload, round)) {
                    results.add(measureQuietly(subject, workload, round, rate(results, subject, workload, round)));
                }
            }
        }
        return results;
    }

    private Subject start(Contender contender) throws IOException, InterruptedException {
        progress.accept("starting " + contender.name() + ": " + contender.describe());
        Path own = Files.createDirectory(folder.resolve(contender.name()));
        ChildProcess child = ChildProcess.start(contender, stub.ports(), own);
        children.add(child);
        child.awaitReady(START_LIMIT, !contender.rewritesAnswers());
        return new Subject(
                contender.name(), child.port(), contender.isJvm(), !contender.rewritesAnswers(), child.handle());
    }

    private List<Subject> order(List<Subject> subjects, Workload workload, int round) {
        List<Subject> order = new ArrayList<>(subjects);
        if (workload == Workload.SINGLE) {
            order.add(new Subject(DIRECT, stub.ports().getFirst(), false, true, null));
        }
        Collections.rotate(order, -round);
        return order;
    }

    private static double rate(Results results, Subject subject, Workload workload, int round) {
        return workload != Workload.HALF
                ? 0
                : results.find(subject.name(), Workload.SHORT, round)
                        .map(reached -> reached.rate() / 2)
                        .orElseThrow(() -> new IllegalStateException("half of peak needs the short workload first"));
    }

    private void warmUp(Subject subject) throws IOException, InterruptedException {
        Duration least = subject.jvm() ? settings.warmUp() : settings.warmUp().dividedBy(10);
        if (least.isZero()) {
            return;
        }
        Duration slice = least.compareTo(WARM_UP_SLICE) < 0 ? least : WARM_UP_SLICE;
        long start = System.nanoTime();
        double best = Double.MAX_VALUE;
        int calm = 0;
        long elapsed = 0;
        while ((calm < CALM_SLICES || elapsed < least.toNanos()) && elapsed < least.toNanos() * MAX_WARM_UPS) {
            double now = measure(subject, Workload.SHORT, 0, 0, slice).cpuMicros();
            calm = now < best * BETTER ? 0 : calm + 1;
            best = Math.min(best, now);
            elapsed = System.nanoTime() - start;
        }
        for (Workload workload : settings.workloads()) {
            if (workload.isStreamed() || workload == Workload.LONG) {
                measure(subject, workload, 0, 0, least.dividedBy(3));
            }
        }
        progress.accept(String.format(
                Locale.ROOT,
                "warm: %s after %.0f s, %s (%.1f us CPU per short request)",
                subject.name(),
                (System.nanoTime() - start) / 1e9,
                calm >= CALM_SLICES ? "settled" : "not settled",
                best));
    }

    private Sample measureQuietly(Subject subject, Workload workload, int round, double rate)
            throws IOException, InterruptedException {
        Sample best = measure(subject, workload, round, rate, settings.window());
        for (int tries = 1; tries < MAX_TRIES && !best.isQuiet(); tries++) {
            best = Sample.quieter(best, measure(subject, workload, round, rate, settings.window()));
        }
        progress.accept(BenchReport.progressLine(best, settings.rounds()));
        return best;
    }

    private Sample measure(Subject subject, Workload workload, int round, double rate, Duration window)
            throws IOException, InterruptedException {
        Duration pace = settings.pace(workload);
        // One stream's length, so that streams start and end evenly too.
        Duration spread = pace.multipliedBy(Payloads.EVENTS);
        stub.pace(pace);
        stub.streamed(workload.isStreamed());
        LoadRun run = client.start(
                subject.port(), settings.connections(workload), LoadShape.of(workload, subject.exact()), spread, rate);
        LoadRun.Tally before;
        LoadRun.Tally after;
        Clocks start;
        Clocks end;
        Duration lag;
        try {
            Thread.sleep(spread.plus(RAMP));
            stub.takeLag();
            before = run.tally();
            start = Clocks.read(meter, subject.process());
            Thread.sleep(window);
            end = Clocks.read(meter, subject.process());
            after = run.tally();
            lag = Duration.ofNanos(stub.takeLag().getValueAtPercentile(99));
        } finally {
            check(subject, workload, run.drain(DRAIN_LIMIT));
        }
        long work = workload.isStreamed() ? after.events() - before.events() : after.responses() - before.responses();
        if (work == 0) {
            throw new BenchFailure(subject.name() + ": no " + workload.unit() + " in " + window);
        }
        return new Sample(
                round,
                subject.name(),
                workload,
                work,
                end.contenderNanos() - start.contenderNanos(),
                Duration.ofNanos(end.nanos() - start.nanos()),
                after.latency().getValueAtPercentile(50),
                after.latency().getValueAtPercentile(99),
                Clocks.foreignShare(start, end, Runtime.getRuntime().availableProcessors()),
                lag);
    }

    private void check(Subject subject, Workload workload, LoadRun.Tally tally) {
        if (released) {
            throw new BenchFailure("stopped during the " + workload.label() + " workload of " + subject.name());
        }
        if (tally.errors() == 0) {
            return;
        }
        String wrong = subject.name() + ": " + tally.errors() + " wrong answers beside " + tally.responses()
                + " right ones in the " + workload.label() + " workload, first: " + tally.firstError();
        boolean isTolerable = !subject.name().equals(Goals.GATEWAY)
                && tally.errors() <= tally.responses() / RIGHT_PER_WRONG_OF_OTHERS;
        if (!isTolerable) {
            throw new BenchFailure(wrong);
        }
        progress.accept(wrong);
    }

    @Override
    public void close() {
        release();
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs or has run; it does the same.
        }
    }

    private synchronized void release() {
        if (released) {
            return;
        }
        released = true;
        List.copyOf(children).forEach(ChildProcess::close);
        client.close();
        stub.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("files of the contenders stay in " + folder, e);
        }
    }
}
