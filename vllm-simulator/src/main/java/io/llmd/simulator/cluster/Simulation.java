package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.RememberingBlockHasher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Engines, clients and a router in virtual time, one event after the other in the order of their times. No engine is
 * moved past a time at which anything else could still reach it, so that clients who wait for answers, routers who hold
 * requests, and transfers between engines come out exactly as they would on one clock. Events of equal time are handled
 * in a fixed order: engines by index, then what was planned in the order of planning, then arrivals, then what repeats.
 *
 * <p>Equal settings, workloads and routers give equal runs. Memory is bounded by what is in the engines and on the way:
 * workloads are taken request by request, and results are handed out as they come. Runs once, on the calling thread.
 */
public final class Simulation {
    private static final long PHASE = 1;
    private static final long NOISE = 2;
    private static final long LONGEST_STANDSTILL = 600_000_000_000L;

    private final SimulationSettings settings;
    private final Router router;
    private final Workload workload;
    private final List<SimulatedEndpoint> endpoints = new ArrayList<>();
    private final List<EndpointView> views;
    private final EngineTimes engineTimes;
    private final EventQueue planned = new EventQueue();
    private final EventQueue repeated = new EventQueue();
    private final Flights flights;
    private long now;
    private long lastProgress;
    private long events;

    /**
     * @param engines one for each endpoint; their seeds are replaced, and their hashers remember prompts
     * @param results takes what became of each request when it ends
     */
    public Simulation(
            SimulationSettings settings,
            List<EngineSettings> engines,
            Router router,
            Workload workload,
            Consumer<RequestResult> results) {
        if (engines.isEmpty()) {
            throw new IllegalArgumentException("engines: 0 (expected: >= 1)");
        }
        this.settings = settings;
        this.router = router;
        this.workload = workload;
        Map<BlockHasher, BlockHasher> hashers = new IdentityHashMap<>();
        for (EngineSettings engine : engines) {
            int index = endpoints.size();
            long noise = CounterRandom.bits(settings.seed(), index, NOISE);
            BlockHasher hasher = hashers.computeIfAbsent(
                    engine.hasher(), hashing -> new RememberingBlockHasher(hashing, engine.blockTokens()));
            endpoints.add(new SimulatedEndpoint(index, engine.withSeed(noise).withHasher(hasher), router, workload));
        }
        views = Collections.unmodifiableList(endpoints);
        engineTimes = new EngineTimes(endpoints.size());
        flights = new Flights(this, settings, router, result -> {
            workload.ended(result);
            results.accept(result);
        });
    }

    /**
     * Runs until the workload has ended and all its requests have, or until the end that the settings say.
     *
     * @throws IllegalStateException if the router holds requests and nothing happens any more
     */
    public SimulationTotals run() {
        router.begin(flights);
        endpoints.forEach(this::startScrapes);
        while (handleNext()) {
            // each round handles one event, or an engine's next steps
        }
        return totals();
    }

    private boolean handleNext() {
        long engine = engineTimes.firstTime();
        long plan = planned.nextTime();
        long arrival = workload.nextTime();
        long own = Math.min(engine, Math.min(plan, arrival));
        if (arrival == Workload.NEVER && planned.isEmpty() && flights.active() == 0) {
            return false;
        }
        long next = Math.min(own, repeated.nextTime());
        if (next > settings.endNanos()) {
            return false;
        }
        if (own > next) {
            requireProgress(next, own);
            moveTo(next);
            repeated.take().run();
        } else if (engine == next) {
            advance(Math.min(Math.min(plan, arrival), Math.min(repeated.nextTime(), settings.endNanos())));
        } else if (plan == next) {
            moveTo(next);
            planned.take().run();
        } else {
            moveTo(next);
            ClientRequest request = workload.next();
            if (request != null) {
                flights.arrive(request);
            }
        }
        return true;
    }

    private void moveTo(long time) {
        if (time < now) {
            throw new IllegalStateException("next request at " + time + " (expected: >= " + now + ")");
        }
        now = time;
        events++;
    }

    private void requireProgress(long next, long own) {
        if (own < Long.MAX_VALUE) {
            lastProgress = own;
        } else if (next - lastProgress > LONGEST_STANDSTILL) {
            throw new IllegalStateException(flights.active()
                    + " requests are held, and nothing happens any more (expected: the router sends them)");
        }
    }

    /** Lets the engine whose turn it is do its steps until somebody else's turn comes or it did what others see. */
    private void advance(long othersTime) {
        SimulatedEndpoint endpoint = endpoints.get(engineTimes.first());
        Engine engine = endpoint.engine;
        long limit = Math.min(othersTime, engineTimes.secondTime());
        long time = engineTimes.firstTime();
        do {
            now = time;
            engine.advance(time, endpoint);
            time = engine.nextEventTime();
        } while (time < limit && endpoint.happened.isEmpty());
        engineTimes.update(endpoint.index(), time);
        int known = endpoint.news.size();
        for (EngineEvent event = endpoint.happened.pollFirst(); event != null; event = endpoint.happened.pollFirst()) {
            tell(endpoint, event);
        }
        if (endpoint.news.size() > known) {
            planNews(endpoint, endpoint.news.size() - known);
        }
    }

    private void planNews(SimulatedEndpoint endpoint, int count) {
        planned.add(now + settings.blockEventNanos(), () -> {
            for (int i = 0; i < count; i++) {
                router.blocks(endpoint.index(), endpoint.news.removeFirst(), now);
            }
        });
    }

    private void tell(SimulatedEndpoint endpoint, EngineEvent event) {
        switch (event) {
            case EngineEvent.Finished finished -> flights.finished(endpoint, finished);
            case EngineEvent.TokenProduced token -> flights.firstToken(endpoint, token.requestId());
            case EngineEvent.LoadWanted wanted -> flights.loadWanted(endpoint, wanted);
            case EngineEvent.LeaseEnded ended -> flights.leaseEnded(endpoint, ended);
            case EngineEvent.BlockEvent change -> endpoint.news.addLast(change);
            case EngineEvent.Scheduled _, EngineEvent.Preempted _, EngineEvent.StepCompleted _ ->
                throw new IllegalStateException("nobody asked for " + event);
        }
    }

    private void startScrapes(SimulatedEndpoint endpoint) {
        double phase = CounterRandom.unit(settings.seed(), endpoint.index(), PHASE);
        repeat(now + Math.round(phase * settings.scrapeNanos()), settings.scrapeNanos(), () -> {
            endpoint.scrape(now);
            router.scraped(endpoint, now);
        });
    }

    /** Plans an action; it keeps the simulation going. */
    void plan(long time, Runnable action) {
        planned.add(Math.max(time, now), action);
    }

    /** Plans an action again and again; it does not keep the simulation going. */
    void repeat(long first, long interval, Runnable action) {
        repeated.add(first, new Runnable() {
            private long time = first;

            @Override
            public void run() {
                action.run();
                time += interval;
                repeated.add(time, this);
            }
        });
    }

    /** To be called when an engine was given something to do. */
    void touched(SimulatedEndpoint endpoint) {
        engineTimes.update(endpoint.index(), endpoint.engine.nextEventTime());
    }

    long now() {
        return now;
    }

    List<EndpointView> views() {
        return views;
    }

    SimulatedEndpoint endpoint(int index) {
        return endpoints.get(index);
    }

    private SimulationTotals totals() {
        long steps = 0;
        long preemptions = 0;
        for (SimulatedEndpoint endpoint : endpoints) {
            endpoint.scrape(now);
            steps += endpoint.metrics().steps();
            preemptions += endpoint.metrics().preemptions();
        }
        return new SimulationTotals(
                flights.ended(), flights.active(), flights.outputTokens(), steps, preemptions, events + steps, now);
    }
}
