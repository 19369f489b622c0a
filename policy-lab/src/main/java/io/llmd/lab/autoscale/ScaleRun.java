package io.llmd.lab.autoscale;

import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.FetchedPages;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.engine.CounterRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run: requests, replicas, a router, and a contestant that decides how many replicas there are. Runs once. */
final class ScaleRun implements Cluster {

    private static final long SECOND = 1_000_000_000L;
    /** How often the router itself reads replicas. */
    private static final long ROUTER_SCRAPE = SECOND / 5;

    private static final double KEPT_SECONDS = 700;
    private static final int STEP = 5;
    private static final long SYNC = 21;
    private static final long LOSS = 22;

    private final ScaleWorkload workload;
    private final Environment environment;
    private final long seed;
    private final Pods pods;
    private final Gateway gateway;
    private final Controller controller;
    private final List<Hpa> askers = new ArrayList<>();
    private final Deque<Seen> scrapes = new ArrayDeque<>();
    private final Tally tally;
    private Seen last;
    private int now;
    private int readings;

    private ScaleRun(ScaleWorkload workload, Contestant contestant, Environment environment, long seed) {
        this.workload = workload;
        this.environment = environment;
        this.seed = seed;
        pods = new Pods(workload.kinds(), environment.troubles(), seed);
        Lanes lanes = new Lanes(pods, workload.tiers(), workload.canWait(), this::shares);
        gateway = new Gateway(pods, lanes, workload.deadlineSeconds(), this::begin);
        controller = contestant.controller(new Contestant.Job(workload, environment, seed));
        workload.kinds().forEach(kind -> askers.add(new Hpa(controller.actuation(), kind)));
        tally = new Tally(workload, STEP);
        last = new Seen(0, List.of(), gateway.told(), 0);
    }

    /** Runs it on the calling thread. */
    static ScaleResult run(ScaleWorkload workload, Contestant contestant, Environment environment, long seed) {
        ScaleRun run = new ScaleRun(workload, contestant, environment, seed);
        return run.result(contestant);
    }

    private ScaleResult result(Contestant contestant) {
        SimulationSettings settings = SimulationSettings.DEFAULTS.withSeed(seed);
        SimulationSettings timed = new SimulationSettings(
                seed,
                settings.routingNanos(),
                settings.networkNanos(),
                ROUTER_SCRAPE,
                settings.blockEventNanos(),
                settings.transfer(),
                settings.heartbeatNanos(),
                Math.round((workload.seconds() + ScaleWorkload.GRACE_SECONDS) * SECOND));
        TaggedRequests requests = workload.load(seed);
        new Simulation(timed, Pods.engines(workload.kinds(), environment.troubles()), gateway, requests, this::ended)
                .run();
        // Requests may end long before the time that is paid for.
        while (now < workload.seconds()) {
            now++;
            pods.tick(now);
            tally.second(now, pods, gateway);
        }
        return tally.result(contestant, seed, requests.count(), controller);
    }

    private double @Nullable [] shares(int tier) {
        return controller.shares(tier);
    }

    private void ended(RequestResult result) {
        tally.ended(result);
    }

    private void begin() {
        last = read(true);
        scrapes.addLast(last);
        gateway.control().every(SECOND, this::second);
    }

    private void second() {
        now++;
        pods.tick(now);
        pods.retry(now);
        gateway.turn();
        if (now == environment.troubles().restartAt()) {
            gateway.restart();
            scrapes.clear();
        }
        if (now % environment.scrapeSeconds() == 0 && !isBlind()) {
            last = read(true);
            scrapes.addLast(last);
            while (scrapes.getFirst().atSeconds() < now - KEPT_SECONDS) {
                scrapes.removeFirst();
            }
        }
        controller.second(this, now);
        ask();
        tally.second(now, pods, gateway);
    }

    private void ask() {
        int period = (int) controller.actuation().syncSeconds();
        int phase = (int) (CounterRandom.unit(seed, 0, SYNC) * period) % period;
        if (now % period != phase) {
            return;
        }
        for (int k = 0; k < askers.size(); k++) {
            int current = pods.asked(k);
            int number = askers.get(k).sync(controller.wanted(k), current, now);
            if (number != current) {
                pods.ask(k, number, now);
                tally.asked(number, current, now);
            }
        }
    }

    private Seen read(boolean isScrape) {
        List<Seen.PodSeen> seen = new ArrayList<>();
        for (int k = 0; k < workload.kinds().size(); k++) {
            for (Pod pod : pods.present(k)) {
                boolean isReady = pod.state == Pod.State.READY;
                boolean isLost = isScrape
                        && CounterRandom.unit(seed, readings++, LOSS)
                                <= environment.troubles().scrapeLoss();
                EngineReading reading = null;
                if (isReady && !isLost) {
                    byte[] page = PageText.engine(
                            pods.view(pod).metrics(),
                            pod.base,
                            workload.kinds().get(k).engine());
                    reading = FetchedPages.engine(page, now);
                }
                seen.add(new Seen.PodSeen(pod.id, k, isReady, reading));
            }
        }
        return new Seen(now, seen, gateway.told(), gateway.waitingTokens());
    }

    @Override
    public Seen scraped() {
        return last;
    }

    @Override
    public Seen live() {
        return isBlind() ? last : read(false);
    }

    @Override
    public List<Totals> router() {
        return gateway.told();
    }

    @Override
    public boolean isBlind() {
        return environment.troubles().isBlind(now);
    }

    @Override
    public Totals over(double seconds) {
        return last.total().since(before(seconds).total());
    }

    @Override
    public double spanned(double seconds) {
        return Math.max(1, last.atSeconds() - before(seconds).atSeconds());
    }

    private Seen before(double seconds) {
        Seen earliest = last;
        for (Iterator<Seen> each = scrapes.descendingIterator(); each.hasNext(); ) {
            Seen seen = each.next();
            if (seen.atSeconds() < last.atSeconds() - seconds - 1e-9) {
                break;
            }
            earliest = seen;
        }
        return earliest;
    }

    @Override
    public int ready(int kind) {
        return pods.count(kind, Pod.State.READY);
    }

    @Override
    public int asked(int kind) {
        return pods.asked(kind);
    }

    @Override
    public List<Seen.PodSeen> present() {
        List<Seen.PodSeen> present = new ArrayList<>();
        for (int k = 0; k < workload.kinds().size(); k++) {
            for (Pod pod : pods.present(k)) {
                present.add(new Seen.PodSeen(pod.id, k, pod.state == Pod.State.READY, null));
            }
        }
        return present;
    }
}
