package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.HeldBlocks;
import io.llmd.simulator.engine.LeaseEnd;
import io.llmd.simulator.engine.RequestTimes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The requests that have not ended, and what happens to them on the way. */
final class Flights implements SimulationControl {
    private final Simulation simulation;
    private final SimulationSettings settings;
    private final Router router;
    private final Consumer<RequestResult> results;
    private final Transfers transfers;
    private final Map<Long, Flight> flights = new HashMap<>();
    private long ended;
    private long outputTokens;

    Flights(Simulation simulation, SimulationSettings settings, Router router, Consumer<RequestResult> results) {
        this.simulation = simulation;
        this.settings = settings;
        this.router = router;
        this.results = results;
        transfers = new Transfers(simulation, settings);
    }

    int active() {
        return flights.size();
    }

    long ended() {
        return ended;
    }

    long outputTokens() {
        return outputTokens;
    }

    @Override
    public long now() {
        return simulation.now();
    }

    @Override
    public List<EndpointView> endpoints() {
        return simulation.views();
    }

    @Override
    public void at(long time, Runnable action) {
        simulation.plan(time, action);
    }

    @Override
    public void every(long intervalNanos, Runnable action) {
        if (intervalNanos < 1) {
            throw new IllegalArgumentException("intervalNanos: " + intervalNanos + " (expected: >= 1)");
        }
        simulation.repeat(now() + intervalNanos, intervalNanos, action);
    }

    void arrive(ClientRequest request) {
        Flight flight = new Flight(request, now());
        if (flights.putIfAbsent(request.id(), flight) != null) {
            throw new IllegalStateException("request " + request.id() + " is on its way already (expected: a new id)");
        }
        if (settings.routingNanos() == 0) {
            route(flight);
        } else {
            simulation.plan(now() + settings.routingNanos(), () -> route(flight));
        }
    }

    private void route(Flight flight) {
        if (flight.stage == Flight.Stage.ARRIVED) {
            apply(flight, router.route(flight.request, now(), simulation.views()));
        }
    }

    @Override
    public void send(long requestId, Target target) {
        Flight flight = flights.get(requestId);
        if (flight == null || flight.stage != Flight.Stage.HELD) {
            throw new IllegalStateException("request " + requestId + " is not held");
        }
        apply(flight, target);
    }

    private void apply(Flight flight, Target target) {
        switch (target) {
            case Target.Held _ -> flight.stage = Flight.Stage.HELD;
            case Target.Rejected rejected -> {
                flight.routed = now();
                end(flight, Outcome.REJECTED, rejected.reason());
            }
            case Target.Single single -> {
                flight.routed = now();
                flight.endpoint = single.endpoint();
                flight.stage = Flight.Stage.SERVED;
                submitLater(flight);
            }
            case Target.PrefillDecode pair -> {
                flight.routed = now();
                flight.prefillEndpoint = pair.prefill();
                flight.endpoint = pair.decode();
                flight.stage = Flight.Stage.PREFILL;
                submitLater(flight);
            }
        }
    }

    private void submitLater(Flight flight) {
        simulation.endpoint(flight.current()).sent();
        flight.submitted = false;
        if (settings.networkNanos() == 0) {
            submit(flight);
        } else {
            simulation.plan(now() + settings.networkNanos(), () -> submit(flight));
        }
    }

    private void submit(Flight flight) {
        if (flight.stage == Flight.Stage.ENDED) {
            return;
        }
        SimulatedEndpoint endpoint = simulation.endpoint(flight.current());
        EngineRequest request = engineRequest(flight);
        int tokens = request.prompt().length + request.outputLength();
        if (tokens > endpoint.settings().maxModelLen()) {
            end(
                    flight,
                    Outcome.FAILED,
                    tokens + " tokens (expected: <= " + endpoint.settings().maxModelLen() + ")");
            return;
        }
        endpoint.engine.submit(request, now());
        flight.submitted = true;
        simulation.touched(endpoint);
        if (flight.stage == Flight.Stage.SERVED && flight.leased) {
            transfers.keepLease(flight);
        }
    }

    private static EngineRequest engineRequest(Flight flight) {
        ClientRequest request = flight.request;
        boolean prefill = flight.stage == Flight.Stage.PREFILL;
        int outputs = prefill ? 1 : request.outputLength();
        return new EngineRequest(
                request.id(),
                request.prompt(),
                outputs,
                outputs,
                FinishReason.LENGTH,
                request.output(),
                request.priority(),
                request.cacheSalt(),
                request.adapter(),
                List.of(),
                prefill ? 0 : flight.heldTokens,
                prefill,
                0);
    }

    @Override
    public boolean abort(long requestId) {
        Flight flight = flights.get(requestId);
        if (flight == null) {
            return false;
        }
        if (flight.submitted) {
            SimulatedEndpoint endpoint = simulation.endpoint(flight.current());
            boolean running = endpoint.engine.abort(requestId, now());
            simulation.touched(endpoint);
            return running;
        }
        end(flight, Outcome.ABORTED, null);
        return true;
    }

    void firstToken(SimulatedEndpoint endpoint, long requestId) {
        Flight flight = flights.get(requestId);
        if (flight != null && flight.stage == Flight.Stage.SERVED) {
            router.firstToken(flight.request, endpoint.index(), now());
        }
    }

    void finished(SimulatedEndpoint endpoint, EngineEvent.Finished event) {
        Flight flight = flights.get(event.request().id());
        if (flight == null) {
            throw new IllegalStateException("request " + event.request().id() + " ended twice");
        }
        flight.submitted = false;
        if (flight.stage == Flight.Stage.PREFILL && event.reason() == FinishReason.LENGTH) {
            endpoint.left();
            handOver(flight, event);
        } else {
            if (flight.leased && flight.stage == Flight.Stage.SERVED) {
                transfers.giveUp(flight);
            }
            end(flight, event);
        }
    }

    private void handOver(Flight flight, EngineEvent.Finished event) {
        HeldBlocks held = event.held();
        flight.prefillScheduled = event.times().scheduled();
        flight.prefillCached = event.cachedTokens();
        flight.heldTokens = held == null ? 0 : Math.min(held.tokens(), flight.request.prompt().length);
        flight.leased = held != null;
        flight.stage = Flight.Stage.SERVED;
        submitLater(flight);
    }

    void loadWanted(SimulatedEndpoint endpoint, EngineEvent.LoadWanted event) {
        Flight flight = flights.get(event.requestId());
        if (flight != null) {
            transfers.begin(flight, endpoint, event);
        }
    }

    void leaseEnded(SimulatedEndpoint endpoint, EngineEvent.LeaseEnded event) {
        Flight flight = flights.get(event.requestId());
        if (flight != null && event.cause() == LeaseEnd.EXPIRED && flight.prefillEndpoint == endpoint.index()) {
            flight.leased = false;
        }
    }

    private void end(Flight flight, EngineEvent.Finished event) {
        Outcome outcome = switch (event.reason()) {
            case STOP, LENGTH -> Outcome.FINISHED;
            case ABORT -> Outcome.ABORTED;
            case ERROR, CACHE_THRESHOLD -> Outcome.FAILED;
        };
        String reason = outcome == Outcome.FAILED ? event.reason().wireName() : null;
        RequestTimes times = event.times();
        boolean split = flight.prefillEndpoint != RequestResult.NONE;
        boolean served = flight.stage == Flight.Stage.SERVED;
        end(
                flight,
                new RequestResult(
                        flight.request,
                        outcome,
                        reason,
                        flight.endpoint,
                        flight.prefillEndpoint,
                        flight.arrival,
                        flight.routed,
                        split && served ? flight.prefillScheduled : times.scheduled(),
                        served ? times.firstToken() : RequestResult.NEVER,
                        served ? times.lastToken() : RequestResult.NEVER,
                        now(),
                        split && served ? flight.prefillCached : event.cachedTokens(),
                        event.loadedTokens(),
                        served ? event.outputTokens() : 0));
    }

    private void end(Flight flight, Outcome outcome, @Nullable String reason) {
        end(
                flight,
                new RequestResult(
                        flight.request,
                        outcome,
                        reason,
                        flight.endpoint,
                        flight.prefillEndpoint,
                        flight.arrival,
                        flight.routed,
                        flight.prefillScheduled,
                        RequestResult.NEVER,
                        RequestResult.NEVER,
                        now(),
                        flight.prefillCached,
                        0,
                        0));
    }

    private void end(Flight flight, RequestResult result) {
        if (flight.stage == Flight.Stage.PREFILL || flight.stage == Flight.Stage.SERVED) {
            simulation.endpoint(flight.current()).left();
        }
        flight.stage = Flight.Stage.ENDED;
        flights.remove(flight.request.id());
        ended++;
        outputTokens += result.outputTokens();
        router.ended(result, now());
        results.accept(result);
    }
}
