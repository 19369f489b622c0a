package io.llmd.launcher.bench;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.load.LoadReport;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * L12: two gateways and a scheduler, told to end and started again one after the other under load, as in a rolling restart; a
 * stand-in for a load balancer sends new requests to the gateways that say that they are ready. First without a cache of
 * loaded classes, then with one, as the image has.
 */
final class RestartBar implements BarFigure {

    private static final int ENDPOINTS = 3;
    private static final int GATEWAYS = 2;
    private static final double RATE = 20;
    private static final double READY_SECONDS = 6;
    private static final double READY_SECONDS_WITH_CACHE = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LINGER = Duration.ofSeconds(3);

    @Override
    public String id() {
        return "L12";
    }

    @Override
    public String title() {
        return "gateways and scheduler restarted under load";
    }

    @Override
    public boolean isPinned() {
        return false;
    }

    @Override
    public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
        List<GoalLine> lines = new ArrayList<>(restarts(run, "", ImageJvm.OPTIONS, READY_SECONDS));
        Optional<String> cache = ImageJvm.cache(run);
        if (cache.isPresent()) {
            lines.addAll(restarts(run, "cached-", ImageJvm.with(List.of(cache.get())), READY_SECONDS_WITH_CACHE));
        }
        return lines;
    }

    private List<GoalLine> restarts(BarRun run, String prefix, List<String> options, double readySeconds)
            throws IOException, InterruptedException {
        Path folder = Files.createDirectories(run.folder().resolve("restarts" + prefix));
        SoakFleet.Setup setup = new SoakFleet.Setup(
                ENDPOINTS, GATEWAYS, options, Map.of("gateway.drain.linger", LINGER.toSeconds() + "s"));
        List<Double> gateways = new ArrayList<>();
        List<Double> schedulers = new ArrayList<>();
        try (SoakFleet fleet = new SoakFleet(setup, folder);
                Balancer balancer = new Balancer(fleet);
                SoakLoad load = new SoakLoad(fleet, RATE, PATIENCE)) {
            fleet.start();
            balancer.start();
            LoadReport report;
            try (SoakLoad.Part all = load.start(GATEWAYS, longest(run.settings()), balancer::isReady)) {
                TimeUnit.MILLISECONDS.sleep(
                        run.settings().warmUp().plusSeconds(2).toMillis());
                for (int round = 0; round < run.settings().rounds(); round++) {
                    gateways.add(restart(fleet.gateway(round % GATEWAYS)));
                    schedulers.add(restart(fleet.scheduler()));
                    run.say(String.format(
                            "round %d: gateway ready in %.1f s, scheduler in %.1f s",
                            round + 1, gateways.getLast(), schedulers.getLast()));
                }
                report = all.end();
            }
            run.say("outcomes: " + report.outcomes());
            return List.of(
                    run.atMost(
                            id(), prefix + "failed", List.of((double) (report.requests() - report.answered())), "", 0),
                    run.atMost(id(), prefix + "gateway-ready", gateways, "s", readySeconds),
                    run.atMost(id(), prefix + "scheduler-ready", schedulers, "s", readySeconds),
                    BarRun.reported(id(), prefix + "requests", List.of((double) report.requests()), ""),
                    BarRun.reported(
                            id(),
                            prefix + "first-token-p99",
                            List.of(report.timeToFirstToken().p99()),
                            "ms"));
        }
    }

    /** So long that no load ends before the last round. */
    private static Duration longest(BarRun.Settings settings) {
        Duration restart = SoakPart.STOP_LIMIT.plus(SoakPart.READY_LIMIT).plus(LINGER);
        return settings.warmUp().plus(restart.multipliedBy(2L * settings.rounds() + 1));
    }

    /** @return seconds from the start of the new process until it is ready */
    private static double restart(SoakPart part) throws IOException, InterruptedException {
        if (!part.stop()) {
            throw new BenchFailure(part.name() + ": did not end when told to");
        }
        long begin = System.nanoTime();
        part.start();
        part.awaitReady();
        double seconds = (System.nanoTime() - begin) / 1e9;
        // A rollout goes on once the new process is known to be ready.
        TimeUnit.MILLISECONDS.sleep(LINGER.toMillis());
        return seconds;
    }

    /** Asks gateways whether they are ready, several times a second. */
    private static final class Balancer implements AutoCloseable {
        private static final long POLL_MILLIS = 200;

        private final AtomicIntegerArray ready = new AtomicIntegerArray(GATEWAYS);
        private final List<URI> health;
        private final Thread thread = Thread.ofVirtual().name("bars-balancer").unstarted(this::watch);

        Balancer(SoakFleet fleet) {
            health = List.of(fleet.readiness(0), fleet.readiness(1));
        }

        void start() throws InterruptedException {
            look(new HealthProbe(Duration.ofSeconds(1)));
            thread.start();
        }

        boolean isReady(int gateway) {
            return ready.get(gateway) == 1;
        }

        private void watch() {
            HealthProbe probe = new HealthProbe(Duration.ofSeconds(1));
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    look(probe);
                    TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }

        private void look(HealthProbe probe) throws InterruptedException {
            for (int i = 0; i < health.size(); i++) {
                ready.set(i, probe.ask(health.get(i)).isHealthy() ? 1 : 0);
            }
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
