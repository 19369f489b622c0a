package io.llmd.scheduler.config;

import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.api.http.DecisionRoutes;
import io.llmd.scheduler.api.http.LatencyRoutes;
import io.llmd.scheduler.api.http.ScheduleRoutes;
import io.llmd.scheduler.api.http.StateRoutes;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.datalayer.MetricsScraper;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.RecordListener;
import io.llmd.scheduler.flowcontrol.FlowController;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.PoolViews;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.latency.PredictorService;
import io.llmd.scheduler.latency.RemoteLatencyPredictor;
import io.llmd.scheduler.observe.DiscoveryHealth;
import io.llmd.scheduler.observe.FlowControlHealth;
import io.llmd.scheduler.observe.KvClaimMeters;
import io.llmd.scheduler.observe.KvIndexMeters;
import io.llmd.scheduler.observe.KvLogMeters;
import io.llmd.scheduler.observe.LatencyMeters;
import io.llmd.scheduler.observe.OutcomeMeters;
import io.llmd.scheduler.observe.PoolGauges;
import io.llmd.scheduler.observe.ReplicaMeters;
import io.llmd.scheduler.observe.ResponseAttributeMeters;
import io.llmd.scheduler.observe.SchedulerMeters;
import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.outcome.OutcomeLog;
import io.llmd.scheduler.outcome.OutcomeSettings;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginRegistry;
import io.llmd.scheduler.plugin.session.SessionTokenSigner;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.MediaIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.replica.LoadExchange;
import io.llmd.scheduler.replica.ReplicaSettings;
import io.llmd.scheduler.resource.PoolName;
import io.llmd.scheduler.resource.ResourceStore;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Puts the scheduler together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SchedulerProperties.class)
class SchedulerConfiguration {

    /** Name of the tracker that counts every attempt, whatever plugins are configured. */
    private static final String ALL_ATTEMPTS = "scheduler";

    /** Measured latencies before others are told predictions. */
    private static final int SERVED_FROM_SAMPLES = 100;

    private static final LongSupplier NANO_CLOCK = System::nanoTime;

    @Bean
    SchedulerObserver schedulerObserver(MeterRegistry registry) {
        return new SchedulerObserver(registry);
    }

    @Bean
    PluginEvents pluginEvents(SchedulerObserver observer) {
        return observer.pluginEvents();
    }

    @Bean
    EndpointStore endpointStore(SchedulerProperties properties) {
        return new EndpointStore(properties.metrics().staleness(), NANO_CLOCK);
    }

    @Bean
    InFlightTrackers inFlightTrackers(EndpointStore store) {
        return new InFlightTrackers(store);
    }

    @Bean
    EngineIndexes engineIndexes(EndpointStore store, SchedulerProperties properties, MeterRegistry registry) {
        return new EngineIndexes(
                store,
                properties.kvIndex().settings(),
                new KvLogMeters(registry),
                NANO_CLOCK,
                InstantSource.system()::millis);
    }

    @Bean
    PrefixClaims prefixClaims(MeterRegistry registry) {
        return new PrefixClaims(new KvClaimMeters(registry));
    }

    @Bean
    KvIndexMeters kvIndexMeters(
            MeterRegistry registry, EngineIndexes indexes, PrefixClaims claims, EndpointStore store) {
        KvIndexMeters meters = new KvIndexMeters(registry, indexes, claims);
        store.addListener(meters);
        return meters;
    }

    @Bean
    PrefixIndexes prefixIndexes(EndpointStore store) {
        return new PrefixIndexes(store);
    }

    @Bean
    MediaIndexes mediaIndexes(EndpointStore store) {
        return new MediaIndexes(store);
    }

    @Bean
    MetricsScraper metricsScraper(SchedulerProperties properties, EndpointStore store, SchedulerObserver observer) {
        return new MetricsScraper(store, properties.metrics().scrapeSettings(), observer, NANO_CLOCK);
    }

    @Bean
    DaemonTimer pluginTimer() {
        return new DaemonTimer();
    }

    @Bean
    ResponseAttributeMeters responseAttributes(MeterRegistry registry) {
        return new ResponseAttributeMeters(registry);
    }

    /** The client of all producers that ask servers; without servers it says so and predicts nothing. */
    @Bean(initMethod = "start")
    RemoteLatencyPredictor latencyPredictor(SchedulerProperties properties) {
        return new RemoteLatencyPredictor(
                properties.latencyPredictor().settings(), new Random(), InstantSource.system());
    }

    @Bean
    LatencyLearner latencyLearner() {
        return new LatencyLearner();
    }

    /** Predictors in process; dry runs use what they have learned. */
    @Bean
    OnlineLatencyPredictors onlineLatencyPredictors(LatencyLearner learner, MeterRegistry registry) {
        return new OnlineLatencyPredictors(learner, new LatencyMeters(registry), NANO_CLOCK);
    }

    /** One key for all plugins that pin sessions. */
    @Bean
    SessionTokenSigner sessionTokenSigner() {
        return SessionTokenSigner.withRandomKey();
    }

    @Bean
    PluginRegistry pluginRegistry(List<PluginFactory<?>> factories) {
        return new PluginRegistry(factories);
    }

    @Bean
    PlanFile planFile(
            SchedulerProperties properties, PluginRegistry registry, SchedulerObserver observer, MeterRegistry meters) {
        EndpointPickerConfigLoader loader =
                new EndpointPickerConfigLoader(registry, properties.allowExperimentalPlugins());
        PlanFile planFile = new PlanFile(properties.configFile(), loader, observer);
        Gauge.builder(SchedulerMeters.CONFIG_STALE.getName(), planFile, file -> file.isStale() ? 1 : 0)
                .register(meters);
        return planFile;
    }

    @Bean
    PluginGuard pluginGuard(SchedulerProperties properties, SchedulerObserver observer) {
        return new PluginGuard(properties.plugins().guard(), observer, NANO_CLOCK);
    }

    @Bean
    PluginWatchdog pluginWatchdog(PluginGuard guard, MeterRegistry registry) {
        Gauge.builder(SchedulerMeters.HANGING_CALLS.getName(), guard, PluginGuard::hangingCalls)
                .register(registry);
        return new PluginWatchdog(guard);
    }

    @Bean
    Scheduler scheduler(PluginGuard guard) {
        return new Scheduler(guard);
    }

    @Bean
    Evictions evictions() {
        return new Evictions();
    }

    /** Metrics are read at their full rate while requests run or wait, so that those that wait see the room that others leave. */
    @Bean
    Admissions admissions(
            PlanFile planFile,
            EndpointStore store,
            MetricsScraper scraper,
            Evictions evictions,
            ObjectProvider<Leases> leases,
            ObjectProvider<Director> directors,
            PluginGuard guard,
            ObjectProvider<FlowObserver> observers) {
        return new Admissions(
                planFile.plan()::flowControl,
                settings -> {
                    Leases running = leases.getObject();
                    Director director = directors.getObject();
                    PoolViews views = new PoolViews(store::snapshot);
                    FlowController controller = new FlowController(
                            settings,
                            () -> {
                                if (running.size() > 0 || director.waiting() > 0) {
                                    scraper.touch();
                                }
                                return views.get();
                            },
                            observers.getIfAvailable(() -> FlowObserver.NONE),
                            guard,
                            evictions,
                            NANO_CLOCK);
                    controller.start();
                    return controller;
                },
                NANO_CLOCK);
    }

    @Bean
    FlowControlHealth flowControlHealthIndicator(Admissions admissions, SchedulerProperties properties) {
        return new FlowControlHealth(admissions::silence, properties.plugins().flowSilence());
    }

    @Bean
    AdmissionLifecycle admissionLifecycle(
            Director director, SchedulerProperties properties, ApplicationEventPublisher events) {
        return new AdmissionLifecycle(director::waiting, director::shutDown, properties.drain(), events);
    }

    @Bean
    Leases leases(
            Scheduler scheduler, InFlightTrackers trackers, Admissions admissions, SchedulerProperties properties) {
        SchedulerProperties.Leases settings = properties.leases();
        return new Leases(
                scheduler,
                trackers.named(ALL_ATTEMPTS),
                settings.requestDeadline().plus(settings.grace()),
                settings.max(),
                Leases.place(new SecureRandom()),
                NANO_CLOCK,
                admissions::ended);
    }

    @Bean
    DecisionLog decisionLog(SchedulerProperties properties, PlanFile planFile, List<RecordListener> listeners) {
        return new DecisionLog(
                properties.decisions().settings(),
                planFile::descriptions,
                listeners,
                InstantSource.system(),
                NANO_CLOCK);
    }

    @Bean
    ResourceStore resourceStore(SchedulerProperties properties, SchedulerObserver observer) {
        return new ResourceStore(
                properties.resourceFiles(),
                new PoolName(properties.discovery().kubernetes().poolGroup(), properties.pool()),
                properties.objectives(),
                observer::resourcesRead);
    }

    @Bean
    Director director(
            EndpointStore store,
            PlanFile planFile,
            Scheduler scheduler,
            Leases leases,
            InFlightTrackers trackers,
            MetricsScraper scraper,
            SchedulerObserver observer,
            DecisionLog decisionLog,
            Admissions admissions,
            Evictions evictions,
            ResourceStore resources,
            OutcomeLifecycle outcomes) {
        resources.follow(declared -> admissions.desirePriorities(declared.desiredPriorities()));
        return new Director(
                store,
                () -> touched(scraper, planFile),
                () -> planFile.plan().loaded().parsers(),
                scheduler,
                leases,
                trackers.named(ALL_ATTEMPTS),
                admissions,
                evictions,
                resources::current,
                outcomes.beside(observer, NANO_CLOCK),
                decisionLog,
                NANO_CLOCK);
    }

    private static SchedulingPlan touched(MetricsScraper scraper, PlanFile planFile) {
        scraper.touch();
        return planFile.plan().current();
    }

    @Bean
    BackgroundWork backgroundWork(
            SchedulerProperties properties,
            PlanFile planFile,
            EndpointStore store,
            MetricsScraper scraper,
            Leases leases,
            Director director,
            SchedulerObserver observer,
            DecisionLog decisionLog,
            ResourceStore resources,
            Admissions admissions,
            PoolGauges gauges) {
        return new BackgroundWork(
                properties, planFile, resources, admissions, store, scraper, leases, director, observer, decisionLog);
    }

    @Bean
    OutcomeLifecycle outcomeLifecycle(SchedulerProperties properties, MeterRegistry registry) {
        SchedulerProperties.Outcomes outcomes = properties.outcomes();
        String brokers = outcomes.bootstrapServers();
        if (brokers == null || brokers.isBlank()) {
            return new OutcomeLifecycle(null);
        }
        return new OutcomeLifecycle(new OutcomeLog(
                new OutcomeSettings(brokers, outcomes.topic(), outcomes.interval(), outcomes.clientProperties()),
                new OutcomeMeters(registry)));
    }

    @Bean
    ReplicaLifecycle replicaLifecycle(
            SchedulerProperties properties, InFlightTrackers trackers, Admissions admissions, MeterRegistry registry) {
        SchedulerProperties.Replicas replicas = properties.replicas();
        String brokers = replicas.bootstrapServers();
        if (brokers == null || brokers.isBlank()) {
            return new ReplicaLifecycle(null);
        }
        ReplicaSettings settings = new ReplicaSettings(
                properties.pool(),
                replicas.uniqueName(),
                brokers,
                replicas.topic(),
                replicas.interval(),
                replicas.expiry(),
                replicas.clientProperties());
        return new ReplicaLifecycle(new LoadExchange(
                settings, trackers, new SharedBounds(admissions, new ReplicaMeters(registry)), NANO_CLOCK));
    }

    @Bean
    PoolGauges poolGauges(
            MeterRegistry registry,
            SchedulerProperties properties,
            EndpointStore store,
            InFlightTrackers trackers,
            Leases leases,
            PrefixIndexes prefixes,
            SchedulerObserver observer) {
        InFlightTracker inFlight = trackers.named(ALL_ATTEMPTS);
        return new PoolGauges(registry, properties.pool(), store, inFlight, leases, prefixes, observer);
    }

    @Bean
    DiscoveryHealth discoveryHealthIndicator(BackgroundWork work, MeterRegistry registry) {
        Gauge.builder(
                        SchedulerMeters.DISCOVERY_FAILING.getName(),
                        work,
                        source -> source.problem().isEmpty() ? 0 : 1)
                .register(registry);
        return new DiscoveryHealth(work);
    }

    /**
     * Event loops of this context alone: the shared ones of Reactor Netty end with the first context that closes, and
     * several services may run in one JVM.
     */
    @Bean
    ReactorResourceFactory reactorResourceFactory() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    @Bean
    OfflineDecisions offlineDecisions(
            ApplicationContext context,
            SchedulerProperties properties,
            PlanFile planFile,
            ResourceStore resources,
            EndpointStore store,
            InFlightTrackers trackers) {
        return new OfflineDecisions(
                context,
                properties,
                planFile,
                resources,
                store,
                trackers.named(ALL_ATTEMPTS),
                InstantSource.system(),
                NANO_CLOCK);
    }

    @Bean
    RouterFunction<ServerResponse> scheduleRoutes(
            Director director,
            DecisionLog decisionLog,
            OfflineDecisions offline,
            OnlineLatencyPredictors predictors,
            Admissions admissions,
            PlanFile planFile,
            SchedulerProperties properties) {
        int maxBody = Math.toIntExact(properties.http().maxBodySize().toBytes());
        RouterFunction<ServerResponse> routes = new DecisionRoutes(
                        decisionLog, offline, offline, InstantSource.system(), maxBody)
                .routes()
                .and(new StateRoutes(admissions::state, () -> planFile.plan().text()).routes())
                .and(new ScheduleRoutes(director, director, maxBody).routes());
        String served = properties.latencyPredictor().serves();
        return served.isEmpty()
                ? routes
                : routes.and(new LatencyRoutes(new PredictorService(
                                () -> predictors.named(served), SERVED_FROM_SAMPLES, InstantSource.system()))
                        .routes());
    }
}
