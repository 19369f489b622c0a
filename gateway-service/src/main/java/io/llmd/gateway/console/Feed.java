package io.llmd.gateway.console;

import io.llmd.contracts.schedule.EndpointStatus;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes a frame each second out of what this gateway, the others and the services say, and sends it to all who listen. One
 * thread makes frames; any may listen. A listener that is slow misses frames.
 */
public final class Feed implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Feed.class);
    private static final int MOST_LISTENERS = 64;
    private static final double MEDIAN = 0.5;
    private static final double TAIL = 0.99;

    private final OwnState own;
    private final Peers peers;
    private final Watched<Pool> scheduler;
    private final List<Watched<?>> services;
    private final InstantSource clock;
    private final JsonMapper json;
    private final Timeline timeline = new Timeline();
    private final Events events = new Events();
    private final ServingJudge judge = new ServingJudge();
    private final Map<String, Since> endpointStates = new HashMap<>();
    private final AtomicInteger listeners = new AtomicInteger();
    private final Sinks.Many<String> sink = Sinks.many().multicast().directBestEffort();
    private volatile @Nullable Frame last;
    private volatile String lastJson = "";
    private @Nullable ScheduledExecutorService ticker;

    private record Since(String state, long at) {}

    /** @param services the services beside the scheduler */
    Feed(
            OwnState own,
            Peers peers,
            Watched<Pool> scheduler,
            List<Watched<?>> services,
            InstantSource clock,
            JsonMapper json) {
        this.own = own;
        this.peers = peers;
        this.scheduler = scheduler;
        this.services = List.copyOf(services);
        this.clock = clock;
        this.json = json;
    }

    /**
     * All frames from now on, the last one at once; null when too many listen already.
     */
    @Nullable
    Flux<String> frames() {
        if (listeners.incrementAndGet() > MOST_LISTENERS) {
            listeners.decrementAndGet();
            return null;
        }
        Flux<String> first = Flux.defer(() -> lastJson.isEmpty() ? Flux.empty() : Flux.just(lastJson));
        return Flux.concat(first, sink.asFlux().onBackpressureLatest()).doFinally(end -> listeners.decrementAndGet());
    }

    Timeline timeline() {
        return timeline;
    }

    /** The last frame, null before the first. */
    @Nullable
    Frame last() {
        return last;
    }

    /** Something that the console itself did. */
    void note(String text) {
        ScheduledExecutorService running = ticker;
        if (running != null) {
            running.execute(() -> events.add(clock.millis(), "note", text));
        }
    }

    /** Makes a frame and asks everybody for the next one. */
    void tick() {
        try {
            Frame frame = frame();
            last = frame;
            timeline.add(frame);
            lastJson = new String(json.writeValueAsBytes(frame), StandardCharsets.UTF_8);
            sink.tryEmitNext(lastJson);
        } catch (RuntimeException e) {
            log.atWarn().setCause(e).log("the console could not make a frame");
        }
        scheduler.ask(clock::millis);
        services.forEach(service -> service.ask(clock::millis));
        peers.ask(clock::millis);
    }

    private Frame frame() {
        long now = clock.millis();
        GatewayState mine = own.state(0, 0);
        List<GatewayState> states = new ArrayList<>(List.of(mine));
        List<Frame.Gateway> gateways = new ArrayList<>(List.of(gateway("this gateway", mine)));
        for (Watched<GatewayState> peer : peers.all()) {
            GatewayState state = peer.last();
            if (state != null && state.instance().equals(mine.instance())) {
                continue;
            }
            if (state != null && peer.isUp()) {
                states.add(state);
                gateways.add(gateway(peer.part().name(), state));
            } else {
                gateways.add(new Frame.Gateway(
                        peer.part().name(), peer.part().state(), peer.part().since(), 0, 0, 0));
            }
        }
        Window window = states.stream().map(GatewayState::window).reduce(Window.EMPTY, Window::plus);
        Pool pool = scheduler.last();
        JsonNode queue = pool == null || !scheduler.isUp() ? null : pool.queue();
        List<Watched.Part> parts = new ArrayList<>(List.of(scheduler.part()));
        services.forEach(service -> parts.add(service.part()));
        Frame.Now work = now(states, window, queue);
        List<Frame.OfEndpoint> endpoints = endpoints(pool, states, window, now);
        Frame before = last;
        Frame frame = new Frame(
                now,
                judge.judge(
                        now,
                        mine,
                        parts,
                        window,
                        work.saturation(),
                        endpoints,
                        own.directory().isKnown()),
                parts,
                gateways,
                work,
                endpoints,
                scheduler.lastAt(),
                queue,
                events.newest());
        events.compare(before, frame);
        return frame;
    }

    private static Frame.Gateway gateway(String name, GatewayState state) {
        return new Frame.Gateway(
                name,
                state.draining() ? "draining" : "up",
                state.startedAt(),
                state.inFlight(),
                state.connections(),
                state.window().ended() / state.window().seconds());
    }

    private static Frame.Now now(List<GatewayState> states, Window window, @Nullable JsonNode queue) {
        Map<String, Long> requests = new TreeMap<>();
        states.forEach(
                state -> state.requests().forEach((outcome, count) -> requests.merge(outcome, count, Long::sum)));
        double seconds = window.seconds();
        return new Frame.Now(
                window.ended() / seconds,
                share(window.failed(), window.ended()),
                share(window.refused(), window.ended()),
                share(window.left(), window.ended()),
                window.inputTokens() / seconds,
                window.cachedTokens() / seconds,
                window.outputTokens() / seconds,
                quantile(window.firstByte(), MEDIAN),
                quantile(window.firstByte(), TAIL),
                quantile(window.perToken(), MEDIAN),
                quantile(window.perToken(), TAIL),
                states.stream().mapToInt(GatewayState::inFlight).sum(),
                queue == null || !queue.path("waiting").isNumber()
                        ? null
                        : queue.path("waiting").asLong(),
                queue == null || !queue.path("saturation").path("effective").isNumber()
                        ? null
                        : queue.path("saturation").path("effective").asDouble(),
                requests);
    }

    private List<Frame.OfEndpoint> endpoints(@Nullable Pool pool, List<GatewayState> states, Window window, long now) {
        Map<String, Long> inFlight = new HashMap<>();
        Set<String> ejected = new HashSet<>();
        Set<String> resting = new HashSet<>();
        for (GatewayState state : states) {
            for (GatewayState.OfEndpoint endpoint : state.endpoints()) {
                inFlight.merge(endpoint.id(), endpoint.inFlight(), Long::sum);
                if (endpoint.ejected()) {
                    ejected.add(endpoint.id());
                }
                if (endpoint.resting()) {
                    resting.add(endpoint.id());
                }
            }
        }
        // Before the scheduler has answered here, the list that requests are placed by.
        List<EndpointStatus> statuses =
                pool == null ? own.directory().statuses() : pool.endpoints().endpoints();
        long silence = pool == null ? 0 : Math.max(0, now - scheduler.lastAt());
        List<Frame.OfEndpoint> all = new ArrayList<>();
        for (EndpointStatus status : statuses) {
            String id = status.endpoint().id();
            boolean isRead = status.metricsAgeMillis() >= 0;
            String state = ejected.contains(id)
                    ? "ejected"
                    : resting.contains(id) ? "resting" : !isRead ? "unread" : status.fresh() ? "ok" : "stale";
            Window.OfEndpoint done = window.endpoints().get(id);
            all.add(endpoint(status, state, since(id, state, now), isRead, silence, inFlight, done, window.seconds()));
        }
        endpointStates.keySet().retainAll(all.stream().map(Frame.OfEndpoint::id).toList());
        return all;
    }

    private long since(String id, String state, long now) {
        Since known = endpointStates.get(id);
        if (known == null || !known.state().equals(state)) {
            known = new Since(state, now);
            endpointStates.put(id, known);
        }
        return known.at();
    }

    private static Frame.OfEndpoint endpoint(
            EndpointStatus status,
            String state,
            long since,
            boolean isRead,
            long silence,
            Map<String, Long> inFlight,
            Window.@Nullable OfEndpoint done,
            double seconds) {
        return new Frame.OfEndpoint(
                status.endpoint().id(),
                status.endpoint().hostPort(),
                status.labels(),
                state,
                since,
                isRead ? status.metricsAgeMillis() + silence : -1,
                isRead ? status.runningRequests() : null,
                isRead ? status.waitingRequests() : null,
                isRead ? status.kvCacheUsage() : null,
                status.inFlightRequests(),
                status.inFlightTokens(),
                inFlight.getOrDefault(status.endpoint().id(), 0L),
                done == null ? 0 : done.ended() / seconds,
                done == null ? null : share(done.failed(), done.ended()),
                done == null ? null : share(done.cachedTokens(), done.inputTokens()),
                done == null ? 0 : done.outputTokens() / seconds,
                done == null ? null : quantile(done.firstByte(), MEDIAN),
                done == null ? null : quantile(done.firstByte(), TAIL));
    }

    private static @Nullable Double share(long part, long whole) {
        return whole == 0 ? null : (double) part / whole;
    }

    private static @Nullable Long quantile(Distribution times, double share) {
        long value = times.quantile(share);
        return value < 0 ? null : value;
    }

    @Override
    public synchronized void start() {
        if (ticker == null) {
            ticker = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("gateway-console").factory());
            ticker.scheduleAtFixedRate(this::tick, 0, 1, TimeUnit.SECONDS);
        }
    }

    /** Ends all streams, before the server waits for them. */
    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = ticker;
        ticker = null;
        if (running != null) {
            running.shutdownNow();
            sink.tryEmitComplete();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return ticker != null;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
