package io.llmd.lab.scheduler;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.lab.contender.Setting;
import io.llmd.lab.fleet.Slo;
import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.flowcontrol.FlowControl;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowController;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.PoolViews;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.plugin.LivePlugin;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.GuardSettings;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.EngineEvent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler of the service, put together as the service does, on the clock of a simulation: its pipeline, plugins as a
 * configuration says, flow control, leases, in-flight counts, and the index that follows engines' events. What the service
 * does with sockets, threads and files is done by hand here. One for each run; for the thread of the simulation.
 */
public final class SchedulerRouter implements Router, AutoCloseable {

    private static final Duration METRICS_STALENESS = Duration.ofSeconds(2);
    private static final Duration LEASE = Duration.ofDays(1);
    private static final String ALL_ATTEMPTS = "scheduler";
    private static final String NAMESPACE = "lab/";
    private static final int PORT = 8000;
    private static final int OK = 200;

    /** A request that was sent somewhere. */
    private record Sent(String requestId, long leaseId, String endpointId, long atNanos, boolean isStreamed) {}

    private final VirtualClock clock = new VirtualClock();
    private final Setting setting;
    private final String idBegin;
    private final EndpointStore store = new EndpointStore(METRICS_STALENESS, clock::nanoTime);
    private final EventLines events;
    private final PluginBeans plugins;
    private final LoadResult.Loaded loaded;
    private final Director director;
    private final Evictions evictions = new Evictions();
    private final List<LateReadings> readings = new ArrayList<>();
    private final Map<String, Integer> indexes = new HashMap<>();
    private final Map<Long, Sent> sent = new HashMap<>();
    private final Map<Long, Long> requestsByLease = new HashMap<>();
    private final Handoffs handoffs;
    private final Defects defects = new Defects();
    private @Nullable FlowController queues;
    private @Nullable SimulationControl control;
    private long nextTurn = Long.MAX_VALUE;

    /**
     * A scheduler with a configuration.
     *
     * @param configuration text of an EndpointPickerConfig
     * @param name of it, for messages
     * @throws io.llmd.scheduler.plugin.ConfigException when it is refused
     */
    public SchedulerRouter(String configuration, String name, Setting setting) {
        this(configuration, name, setting, LatencyEvents.NONE);
    }

    /**
     * The same, for somebody who wants to hear of predicted and measured latencies.
     *
     * @param latencies hears of them on the thread of the simulation
     */
    public SchedulerRouter(String configuration, String name, Setting setting, LatencyEvents latencies) {
        this.setting = setting;
        idBegin = "lab-" + setting.seed() + "-";
        events = new EventLines(setting.engines().size(), setting.conditions(), setting.blockTokens(), setting.seed());
        handoffs = new Handoffs(setting.engines().size());
        addEndpoints(setting);
        EngineIndexes engines = EngineIndexes.handed(store, () -> received(setting), clock::nanoTime);
        plugins = new PluginBeans(store, engines, this::later, latencies, clock::nanoTime);
        loaded = plugins.load(configuration, name);
        director = director(plugins.trackers().named(ALL_ATTEMPTS));
        director.evictions(new Ending());
        loaded.instances().values().forEach(instance -> {
            if (instance.plugin() instanceof LivePlugin live) {
                live.start();
            }
        });
    }

    private EventSources received(Setting setting) {
        HandedSources sources = new HandedSources(setting.conditions(), this::index);
        events.addReceiver(sources);
        return sources;
    }

    private void addEndpoints(Setting setting) {
        for (int i = 0; i < setting.engines().size(); i++) {
            String name = "endpoint-" + i;
            Map<String, String> labels =
                    Map.of(ServedPhase.ROLE_LABEL, setting.split().role(i).label());
            EndpointMetadata metadata =
                    new EndpointMetadata(NAMESPACE + name, name, "10.0.0." + (i + 1), PORT, PORT, labels, 0);
            indexes.put(metadata.id(), i);
            indexes.put(metadata.hostPort(), i);
            readings.add(new LateReadings(
                    store, metadata, setting.conditions().metricsLag().toNanos()));
            store.upsert(metadata);
        }
    }

    private Director director(InFlightTracker attempts) {
        // Plugins are timed by the simulation's clock: on a busy machine they would be left alone now and then.
        Scheduler scheduler = new Scheduler(new PluginGuard(GuardSettings.DEFAULT, defects, clock::nanoTime));
        Admissions admissions = new Admissions(loaded::flowControl, this::startQueues, clock::nanoTime);
        Leases leases =
                new Leases(scheduler, attempts, LEASE, Integer.MAX_VALUE, 1, clock::nanoTime, admissions::ended);
        DecisionLog records = new DecisionLog(
                new DecisionLog.Settings(0, 1, 1, 1, LEASE, Set.of()), Map::of, List.of(), clock, clock::nanoTime);
        RequestParsers parsers = new RequestParsers(List.of(new TokenParser()), MediaEstimate.DEFAULT);
        return new Director(
                store,
                loaded::plan,
                () -> parsers,
                scheduler,
                leases,
                attempts,
                admissions,
                evictions,
                () -> Resources.NONE,
                defects,
                records,
                clock::nanoTime);
    }

    private FlowControl startQueues(FlowControlSettings settings) {
        PoolViews views = new PoolViews(store::snapshot);
        FlowController started = new FlowController(settings, views, FlowObserver.NONE, evictions, clock::nanoTime);
        queues = started;
        return started;
    }

    /** Runs what a plugin wants to do later. */
    private void later(Duration delay, Runnable task) {
        SimulationControl running = running();
        running.at(running.now() + delay.toNanos(), () -> {
            clock.moveTo(running.now());
            task.run();
        });
    }

    private SimulationControl running() {
        if (control == null) {
            throw new IllegalStateException("the simulation has not begun");
        }
        return control;
    }

    /** @param endpoint its id, or its address and port */
    private int index(String endpoint) {
        Integer index = indexes.get(endpoint);
        if (index == null) {
            throw new IllegalStateException("endpoint: " + endpoint + " (expected: one of the fleet)");
        }
        return index;
    }

    @Override
    public void begin(SimulationControl simulation) {
        control = simulation;
        events.begin(simulation);
    }

    @Override
    public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
        clock.moveTo(now);
        Answer answer = new Answer(request);
        director.schedule(
                new ScheduleRequest(
                        idBegin + request.id(),
                        "/" + (isStreamed(request) ? TokenParser.PATH : TokenParser.PATH_OF_WHOLE),
                        objectives(request),
                        tokens(request.prompt()),
                        List.of()),
                answer::outcome);
        turnQueues();
        return answer.returned();
    }

    private Map<String, String> objectives(ClientRequest request) {
        Slo slo = setting.slo();
        return setting.conditions().objectives()
                ? Map.of(
                        LlmdHeader.SLO_TIME_TO_FIRST_TOKEN.wireName(),
                        shown(slo.firstTokenMillis(request.prompt().length)),
                        LlmdHeader.SLO_TIME_PER_OUTPUT_TOKEN.wireName(),
                        shown(slo.interTokenMillis()))
                : Map.of();
    }

    private static String shown(double millis) {
        return String.format(Locale.ROOT, "%.3f", millis);
    }

    private boolean isStreamed(ClientRequest request) {
        return setting.conditions().isStreamed(setting.seed(), request.id());
    }

    private static ByteBuffer tokens(int[] prompt) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(prompt.length, Integer.BYTES));
        bytes.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(prompt);
        return bytes;
    }

    /** The answer to one request, which may come at once or later. */
    private final class Answer {
        private final ClientRequest request;
        private @Nullable Target target;
        private boolean isReturned;

        Answer(ClientRequest request) {
            this.request = request;
        }

        void outcome(ScheduleOutcome outcome) {
            Target chosen = switch (outcome) {
                case ScheduleDecision decision -> placed(request, decision);
                case ScheduleRejection rejection ->
                    new Target.Rejected(rejection.reason().name());
            };
            target = chosen;
            if (isReturned) {
                running().send(request.id(), chosen);
            }
        }

        Target returned() {
            isReturned = true;
            return target == null ? Target.HOLD : target;
        }
    }

    private Target placed(ClientRequest request, ScheduleDecision decision) {
        String endpoint = decision.primary().id();
        int decode = index(endpoint);
        int prefill = handoffs.prefill(request, decode, prefiller(decision));
        sent.put(
                request.id(),
                new Sent(
                        decision.requestId(),
                        decision.leaseId(),
                        endpoint,
                        running().now(),
                        isStreamed(request)));
        requestsByLease.put(decision.leaseId(), request.id());
        return prefill == RequestResult.NONE ? Target.endpoint(decode) : new Target.PrefillDecode(prefill, decode);
    }

    private int prefiller(ScheduleDecision decision) {
        String hostPort = decision.requestHeaders().get(LlmdHeader.PREFILLER_HOST_PORT.wireName());
        return hostPort == null || hostPort.isEmpty() ? RequestResult.NONE : index(hostPort);
    }

    /** Lets flow control do what is due, and comes back when it wants to look again. */
    private void turnQueues() {
        FlowController waiting = queues;
        if (waiting == null) {
            return;
        }
        long nanos = waiting.turn();
        while (nanos == 0) {
            nanos = waiting.turn();
        }
        SimulationControl running = running();
        long at = running.now() + nanos;
        if (director.waiting() > 0 && (at < nextTurn || nextTurn <= running.now())) {
            nextTurn = at;
            running.at(at, this::turnAgain);
        }
    }

    private void turnAgain() {
        long now = running().now();
        if (now >= nextTurn) {
            nextTurn = Long.MAX_VALUE;
            clock.moveTo(now);
            turnQueues();
        }
    }

    @Override
    public void scraped(EndpointView endpoint, long now) {
        clock.moveTo(now);
        readings.get(endpoint.index()).taken(endpoint, now);
    }

    @Override
    public void firstToken(ClientRequest request, int endpoint, long now) {
        clock.moveTo(now);
        Sent attempt = sent.get(request.id());
        if (attempt != null) {
            handoffs.over(request.id());
            if (attempt.isStreamed()) {
                director.report(started(attempt, now));
            }
        }
    }

    private static OutcomeReport started(Sent attempt, long now) {
        return new OutcomeReport(
                attempt.requestId(),
                attempt.leaseId(),
                attempt.endpointId(),
                Phase.STARTED,
                Cause.NONE,
                OK,
                TokenUsage.UNKNOWN,
                (now - attempt.atNanos()) / 1000,
                0);
    }

    @Override
    public void ended(RequestResult result, long now) {
        clock.moveTo(now);
        Sent attempt = sent.remove(result.request().id());
        if (attempt == null) {
            return;
        }
        requestsByLease.remove(attempt.leaseId());
        handoffs.over(result.request().id());
        Cause cause = switch (result.outcome()) {
            case FINISHED -> Cause.NATURAL;
            case ABORTED -> Cause.EVICTED;
            case FAILED, REJECTED -> Cause.ERROR;
        };
        long firstToken = result.firstToken() == RequestResult.NEVER
                ? 0
                : (attempt.isStreamed() ? result.firstToken() : now) - attempt.atNanos();
        if (!attempt.isStreamed() && firstToken > 0) {
            // The gateway sees the head of such an answer when all of it is there.
            director.report(started(attempt, now));
        }
        director.report(new OutcomeReport(
                attempt.requestId(),
                attempt.leaseId(),
                attempt.endpointId(),
                Phase.ENDED,
                cause,
                OK,
                new TokenUsage(result.request().prompt().length, result.outputTokens(), result.cachedTokens()),
                firstToken / 1000,
                (now - attempt.atNanos()) / 1000));
        if (queues != null) {
            running().at(now, this::turnNow);
        }
    }

    private void turnNow() {
        clock.moveTo(running().now());
        turnQueues();
    }

    @Override
    public void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {
        clock.moveTo(now);
        events.changed(endpoint, event, running());
    }

    @Override
    public boolean wantsFirstTokens() {
        return true;
    }

    @Override
    public boolean wantsBlocks() {
        return events.hasReceivers();
    }

    @Override
    public boolean wantsBlockTokens() {
        return events.hasReceivers();
    }

    /** @throws IllegalStateException when something went wrong in the scheduler that a service would only have logged */
    @Override
    public void close() {
        loaded.instances().values().forEach(instance -> {
            if (instance.plugin() instanceof LivePlugin live) {
                live.stop();
            }
        });
        plugins.close();
        defects.throwFirst();
    }

    /** Ends requests that flow control wants out. */
    private final class Ending implements Evictions.Follower {
        @Override
        public void evicted(Eviction eviction) {
            Long request = requestsByLease.get(eviction.leaseId());
            if (request != null) {
                // Not inside the decision that asks for it.
                running().at(running().now(), () -> running().abort(request));
            }
        }

        @Override
        public void ended() {}
    }

    /** Keeps the first defect: a run in which a plugin failed says nothing about its policy. */
    private static final class Defects implements DecisionListener, PluginFaults {
        private @Nullable Throwable first;

        @Override
        public void decided(ScheduleOutcome outcome, String model, long durationNanos) {}

        @Override
        public void reported(boolean isNews) {
            if (!isNews) {
                failed(new IllegalStateException("a report about no lease, or a second one"));
            }
        }

        @Override
        public void failed(RuntimeException failure) {
            first = first == null ? failure : first;
        }

        @Override
        public void failed(String plugin, Throwable failure) {
            first = first == null ? new IllegalStateException("plugin " + plugin, failure) : first;
        }

        @Override
        public void invalidScores(String plugin, int count) {
            failed(new IllegalStateException("plugin " + plugin + ": " + count + " scores outside 0 to 1"));
        }

        @Override
        public void skipped(String plugin, DataKey<?> missing) {
            failed(new IllegalStateException("plugin " + plugin + " has no " + missing));
        }

        @Override
        public void overran(String plugin, long nanos) {
            failed(new IllegalStateException("plugin " + plugin + " took " + nanos + " ns of virtual time"));
        }

        @Override
        public void opened(String plugin, Cause cause) {
            failed(new IllegalStateException("plugin " + plugin + " is left alone: " + cause));
        }

        @Override
        public void passedOver(String plugin) {
            failed(new IllegalStateException("plugin " + plugin + " was left out"));
        }

        void throwFirst() {
            if (first != null) {
                throw new IllegalStateException("the scheduler failed during the run", first);
            }
        }
    }
}
