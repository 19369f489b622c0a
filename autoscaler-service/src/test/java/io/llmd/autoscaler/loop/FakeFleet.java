package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.collector.Collector;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.collector.RouterReading;
import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.collector.RouterReading.FlowKey;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A fleet that is moved by hand: one model {@code m}, one variant {@code n/v}, one router. */
final class FakeFleet implements Collector {

    static final URI ROUTER = URI.create("http://router/metrics");

    private final List<String> replicas = new ArrayList<>();
    private final Set<String> silent = new HashSet<>();
    private List<String> ghosts = List.of();
    private volatile Hook beforeEngines = () -> {};
    private boolean isRouterDown;
    private boolean isWatchable = true;
    private String claimant = "";
    private Set<String> unknown = Set.of();
    private double arrivals;
    private double running;
    private double kvFill = 0.1;
    private double steps;
    int queued;
    double rate;

    /** Something that is done before engines answer. */
    @FunctionalInterface
    interface Hook {
        void run() throws InterruptedException;
    }

    void beforeEngines(Hook hook) {
        beforeEngines = hook;
    }

    void replicas(int count) {
        replicas.clear();
        for (int i = 0; i < count; i++) {
            replicas.add("n/r" + i);
        }
    }

    void silence(String... ids) {
        silent.clear();
        silent.addAll(List.of(ids));
    }

    /** Replicas that are not listed any more, and of whom something is read all the same, with ten times the load. */
    void ghosts(String... ids) {
        ghosts = List.of(ids);
    }

    void routerDown(boolean isDown) {
        isRouterDown = isDown;
    }

    void running(double requests) {
        running = requests;
    }

    void kvFill(double fill) {
        kvFill = fill;
    }

    /** Requests come for so long. */
    void pass(double seconds) {
        arrivals += rate * seconds;
        steps += 50 * seconds;
    }

    void restartRouter() {
        arrivals = 0;
    }

    /** Another controller claims all of it; an empty name for none. */
    void claimedBy(String other) {
        claimant = other;
    }

    /** Whether routers answer who looks between cycles. */
    void watchable(boolean is) {
        isWatchable = is;
    }

    @Override
    public Map<URI, RouterReading> watched(Collection<URI> pages, double atSeconds) {
        return isWatchable ? routers(pages, atSeconds) : Map.of();
    }

    /** These variants cannot be read. */
    void unknown(String... variants) {
        unknown = Set.of(variants);
    }

    Roster roster() {
        return new Roster(
                listed(),
                Map.of(),
                Set.of(),
                claimant.isEmpty() ? Map.of() : Map.of("n/v", claimant),
                Set.of(),
                unknown);
    }

    private List<Replica> listed() {
        return replicas.stream()
                .map(id -> new Replica(id, "n/v", URI.create("http://" + id + "/metrics")))
                .toList();
    }

    @Override
    public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
        try {
            beforeEngines.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Map<String, EngineReading> read = new HashMap<>();
        for (String id : pages.keySet()) {
            if (!silent.contains(id)) {
                read.put(id, reading(atSeconds, running));
            }
        }
        ghosts.forEach(id -> read.put(id, reading(atSeconds, 10 * running + 100)));
        return read;
    }

    private EngineReading reading(double atSeconds, double requests) {
        return new EngineReading(
                atSeconds,
                requests,
                0,
                kvFill,
                1e9,
                steps,
                10 * steps,
                0,
                steps * requests,
                0,
                0.02 * steps * requests,
                steps * requests);
    }

    @Override
    public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
        if (isRouterDown) {
            return Map.of();
        }
        // A prompt of 1000 tokens and an answer of 100, always.
        Flow flow = new Flow(
                arrivals,
                queued,
                running,
                arrivals,
                1_000 * arrivals,
                1e6 * arrivals,
                0,
                100 * arrivals,
                1e4 * arrivals);
        return Map.of(ROUTER, new RouterReading(atSeconds, true, Map.of(new FlowKey("m", 0), flow)));
    }

    @Override
    public void close() {}
}
