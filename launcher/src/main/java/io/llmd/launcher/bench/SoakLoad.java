package io.llmd.launcher.bench;

import io.llmd.launcher.load.Arrivals;
import io.llmd.launcher.load.LoadPlan;
import io.llmd.launcher.load.LoadReport;
import io.llmd.launcher.load.LoadRun;
import io.llmd.launcher.load.Slo;
import io.llmd.launcher.load.Target;
import io.llmd.launcher.load.TokenLengths;
import io.llmd.launcher.terminal.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Streams at random times to the gateways of a {@link SoakFleet}, while something is done to it. */
final class SoakLoad implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 4_096;

    private final SoakFleet fleet;
    private final double rate;
    private final Duration patience;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private long seed = 1;

    /** @param patience longest time of one request */
    SoakLoad(SoakFleet fleet, double rate, Duration patience) {
        this.fleet = fleet;
        this.rate = rate;
        this.patience = patience;
    }

    /** A part of the load. */
    final class Part implements AutoCloseable {
        private final LoadRun run;
        private final Future<LoadReport> report;

        private Part(LoadRun run, LoadPlan plan) {
            this.run = run;
            report = threads.submit(() -> run.execute(about(plan)));
        }

        /** Waits for all answers. Does not stop it before its time. */
        LoadReport report() throws InterruptedException {
            try {
                return report.get();
            } catch (ExecutionException e) {
                throw new BenchFailure("load: " + e.getCause());
            }
        }

        /** Sends nothing more, and waits for all answers. */
        LoadReport end() throws InterruptedException {
            run.stop();
            return report();
        }

        @Override
        public void close() throws InterruptedException {
            run.stop();
            run.close();
        }
    }

    /** Begins to send. @param serving which gateways a load balancer would send new requests to, by their index */
    Part start(int gateways, Duration duration, Predicate<Integer> serving) {
        List<Target> targets = IntStream.range(0, gateways)
                .mapToObj(index -> new Target(fleet.url(index), fleet.key(), Map.of()))
                .toList();
        LoadPlan plan = new LoadPlan(
                new Arrivals.OpenLoop(rate, Arrivals.Spacing.POISSON),
                duration,
                Duration.ZERO,
                "sim-8b",
                TokenLengths.parse("128-384"),
                TokenLengths.parse("16-64"),
                0.5,
                8,
                1,
                seed++,
                patience,
                patience,
                MAX_CONNECTIONS,
                Slo.NONE);
        return start(plan, targets, target -> serving.test(targets.indexOf(target)));
    }

    /** Begins to send another load. @param serving which targets new requests go to */
    Part start(LoadPlan plan, List<Target> targets, Predicate<Target> serving) {
        return new Part(new LoadRun(plan, targets, serving), plan);
    }

    private LoadReport.Run about(LoadPlan plan) {
        return new LoadReport.Run(
                "bench bars",
                Version.current(),
                Runtime.version().toString(),
                Instant.now().toString(),
                fleet.url().toString(),
                plan.seed(),
                plan.duration().toMillis() / 1000.0);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
