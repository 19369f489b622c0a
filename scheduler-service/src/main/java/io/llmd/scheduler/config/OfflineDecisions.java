package io.llmd.scheduler.config;

import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.api.PoolExplainer;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightLoad;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.DecisionReplayer;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.explain.PoolSnapshot;
import io.llmd.scheduler.explain.PoolSnapshot.SavedEndpoint;
import io.llmd.scheduler.explain.Replay;
import io.llmd.scheduler.explain.ReplayReport;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.resource.ResourceStore;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;

/** Decisions apart from the service: against a snapshot, or again under another configuration. Safe from any thread. */
final class OfflineDecisions implements PoolExplainer, DecisionReplayer {

    private static final Duration REPLAY_TIME = Duration.ofSeconds(10);
    private static final Duration LEASE = Duration.ofHours(1);
    private static final String GIVEN = "given configuration";

    private final ApplicationContext service;
    private final SchedulerProperties properties;
    private final PlanFile planFile;
    private final ResourceStore resources;
    private final EndpointStore store;
    private final InFlightTracker inFlight;
    private final InstantSource clock;
    private final LongSupplier nanoClock;

    OfflineDecisions(
            ApplicationContext service,
            SchedulerProperties properties,
            PlanFile planFile,
            ResourceStore resources,
            EndpointStore store,
            InFlightTracker inFlight,
            InstantSource clock,
            LongSupplier nanoClock) {
        this.service = service;
        this.properties = properties;
        this.planFile = planFile;
        this.resources = resources;
        this.store = store;
        this.inFlight = inFlight;
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    @Override
    public PoolSnapshot snapshot() {
        return PoolSnapshot.of(
                store.snapshot(), clock.instant(), nanoClock.getAsLong(), inFlight::requests, inFlight::tokens);
    }

    @Override
    public ReplayReport replay(List<DecisionRecord> records, String configuration) {
        EndpointStore empty = new EndpointStore(properties.metrics().staleness(), nanoClock);
        try (PluginSandbox sandbox = sandbox(empty)) {
            LoadResult.Loaded loaded = sandbox.load(configuration, GIVEN);
            long end = nanoClock.getAsLong() + REPLAY_TIME.toNanos();
            return new Replay(loaded.plan(), PlanFile.descriptions(loaded))
                    .run(records, () -> nanoClock.getAsLong() - end > 0);
        }
    }

    @Override
    public Explanation explain(PoolSnapshot snapshot, ScheduleRequest request, @Nullable String configuration) {
        long now = nanoClock.getAsLong();
        LongSupplier stopped = () -> now;
        EndpointStore pool = new EndpointStore(properties.metrics().staleness(), stopped);
        try (PluginSandbox sandbox = sandbox(pool)) {
            LoadResult.Loaded loaded = configuration == null
                    ? sandbox.load(planFile.plan().text(), "configuration in force")
                    : sandbox.load(configuration, GIVEN);
            List<String> names = new ArrayList<>(loaded.instances().keySet());
            InFlightTracker all = load(snapshot, now, pool, sandbox.trackers(), names);
            return director(loaded, pool, all, stopped).explain(request);
        }
    }

    private PluginSandbox sandbox(EndpointStore pool) {
        return new PluginSandbox(service, pool, properties.allowExperimentalPlugins());
    }

    /** Every plugin that counts what is in flight finds what was in flight. */
    private static InFlightTracker load(
            PoolSnapshot snapshot, long now, EndpointStore pool, InFlightTrackers trackers, List<String> plugins) {
        String all = "all attempts of the snapshot";
        plugins.add(all);
        List<InFlightTracker> counting = plugins.stream().map(trackers::named).toList();
        Map<String, InFlightLoad> loads = new HashMap<>();
        for (SavedEndpoint saved : snapshot.endpoints()) {
            pool.upsert(saved.metadata());
            loads.put(saved.id(), new InFlightLoad(saved.inFlightRequests(), saved.inFlightTokens()));
            if (saved.metrics() != null) {
                pool.update(saved.metadata(), saved.metrics().at(now));
            }
        }
        counting.forEach(tracker -> tracker.assume(loads));
        return trackers.named(all);
    }

    private Director director(LoadResult.Loaded loaded, EndpointStore pool, InFlightTracker all, LongSupplier now) {
        Scheduler scheduler = new Scheduler(PluginFaults.NONE);
        Leases leases = new Leases(scheduler, all, LEASE, Integer.MAX_VALUE, 1, now);
        DecisionLog unused = new DecisionLog(
                new DecisionLog.Settings(0, 1, 1, 1, LEASE, Set.of()),
                () -> PlanFile.descriptions(loaded),
                List.of(),
                clock,
                now);
        Admissions admissions = new Admissions(
                loaded::flowControl,
                settings -> {
                    throw new IllegalStateException("nothing waits apart from the service");
                },
                now);
        return new Director(
                pool,
                loaded::plan,
                loaded::parsers,
                scheduler,
                leases,
                all,
                admissions,
                new Evictions(),
                resources::current,
                new Deaf(),
                unused,
                now);
    }

    /** Decisions apart from the service are in none of its meters. */
    private static final class Deaf implements DecisionListener {
        @Override
        public void decided(ScheduleOutcome outcome, String model, long durationNanos) {}

        @Override
        public void reported(boolean isNews) {}

        @Override
        public void failed(RuntimeException failure) {}
    }
}
