package io.llmd.scheduler.config;

import io.llmd.kube.KubeClients;
import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.MetricsScraper;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.discovery.DiscoveryState;
import io.llmd.scheduler.discovery.FileDiscovery;
import io.llmd.scheduler.discovery.FileDiscoveryPlugin;
import io.llmd.scheduler.discovery.StaticDiscovery;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.plugin.EndpointPickerConfig;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.plugin.PluginInstance;
import io.llmd.scheduler.resource.ResourceStore;
import io.llmd.scheduler.scheduling.AppProtocol;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;

/**
 * Starts and stops whatever runs beside requests: discovery, scraping, the look at the configuration file, the search for
 * lost leases and the end of old records. Starts before the web server opens its port, and stops after it has closed it.
 */
final class BackgroundWork implements SmartLifecycle, DiscoveryState, ApplicationListener<AvailabilityChangeEvent<?>> {

    static final int BEFORE_WEB_SERVER = 0;

    private final SchedulerProperties properties;
    private final PlanFile planFile;
    private final ResourceStore resources;
    private final Admissions admissions;
    private final EndpointStore store;
    private final MetricsScraper scraper;
    private final Leases leases;
    private final Director director;
    private final SchedulerObserver observer;
    private final DecisionLog decisions;
    private final LivePlugins livePlugins;
    private @Nullable ScheduledExecutorService timer;
    private @Nullable FileDiscovery fileDiscovery;
    private volatile @Nullable KubernetesSources kubernetes;
    private volatile @Nullable DiscoveryState discovery;

    BackgroundWork(
            SchedulerProperties properties,
            PlanFile planFile,
            ResourceStore resources,
            Admissions admissions,
            EndpointStore store,
            MetricsScraper scraper,
            Leases leases,
            Director director,
            SchedulerObserver observer,
            DecisionLog decisions) {
        this.properties = properties;
        this.planFile = planFile;
        this.resources = resources;
        this.admissions = admissions;
        this.store = store;
        this.scraper = scraper;
        this.leases = leases;
        this.director = director;
        this.observer = observer;
        this.decisions = decisions;
        livePlugins = new LivePlugins(observer::failed);
    }

    @Override
    public int getPhase() {
        return BEFORE_WEB_SERVER;
    }

    @Override
    public void start() {
        planFile.follow(this::use);
        scraper.start();
        discovery = discover(observer);
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("scheduler-housekeeping").daemon().factory());
        long reapNanos = properties.leases().reapInterval().toNanos();
        repeat(executor, reapNanos, "leases", () -> observer.leasesReaped(leases.reap()));
        repeat(executor, reapNanos, "decisions", decisions::expire);
        planFile.watch(properties.configReloadInterval());
        long pollNanos = properties.configReloadInterval().toNanos();
        repeat(executor, pollNanos, "admissions", admissions::follow);
        if (resources.hasFiles()) {
            repeat(executor, pollNanos, "resources", resources::poll);
        }
        timer = executor;
    }

    private void repeat(ScheduledExecutorService executor, long nanos, String what, Runnable work) {
        executor.scheduleWithFixedDelay(
                new RepeatedWork(what, work, observer::failed), nanos, nanos, TimeUnit.NANOSECONDS);
    }

    private void use(LoadResult.Loaded loaded) {
        Map<String, String> types = new HashMap<>();
        loaded.instances().forEach((name, instance) -> types.put(name, instance.type()));
        observer.pluginsAre(types);
        scraper.use(loaded.sources());
        livePlugins.use(loaded.instances().values());
    }

    /** The scheduling configuration says where endpoints are, or else our own settings do. */
    private DiscoveryState discover(DiscoveryListener listener) {
        SchedulerProperties.Discovery settings = properties.discovery();
        FileDiscoveryPlugin.Params params = configured();
        if (params != null) {
            return watchFile(Path.of(params.path()), params.watchFile(), listener);
        }
        if (settings.kubernetes().enabled()) {
            KubernetesSources sources = new KubernetesSources(
                    KubeClients.fromEnvironment(), properties, store, resources, observer::resourcesRead, listener);
            kubernetes = sources;
            return sources;
        }
        Path file = settings.file();
        if (file != null) {
            return watchFile(file, settings.watch(), listener);
        }
        return new StaticDiscovery(
                settings.endpoints().stream()
                        .map(entry -> new StaticDiscovery.Entry(
                                entry.namespace(), entry.name(), entry.address(), entry.port(), entry.labels()))
                        .toList(),
                settings.allowLoopback(),
                store);
    }

    private FileDiscovery watchFile(Path file, boolean watch, DiscoveryListener listener) {
        FileDiscovery source = new FileDiscovery(file, properties.discovery().allowLoopback(), store, listener);
        source.load();
        if (watch) {
            source.watch(properties.discovery().watchInterval());
        }
        fileDiscovery = source;
        return source;
    }

    private FileDiscoveryPlugin.@Nullable Params configured() {
        LoadResult.Loaded loaded = planFile.plan().loaded();
        EndpointPickerConfig.DataLayer layer = loaded.config().dataLayer();
        if (layer == null || layer.discovery() == null || layer.discovery().pluginRef() == null) {
            return null;
        }
        PluginInstance instance =
                loaded.instances().get(layer.discovery().pluginRef().value());
        return instance != null && instance.plugin() instanceof FileDiscoveryPlugin plugin ? plugin.params() : null;
    }

    @Override
    public void stop() {
        director.shutDown();
        ScheduledExecutorService running = timer;
        if (running != null) {
            running.shutdownNow();
            timer = null;
        }
        planFile.stop();
        livePlugins.stop();
        if (fileDiscovery != null) {
            fileDiscovery.close();
        }
        KubernetesSources sources = kubernetes;
        if (sources != null) {
            sources.close();
        }
        scraper.close();
    }

    /** Another replica need not wait until this one has finished what it has. */
    @Override
    public void onApplicationEvent(AvailabilityChangeEvent<?> event) {
        KubernetesSources sources = kubernetes;
        if (event.getState() == ReadinessState.REFUSING_TRAFFIC && sources != null) {
            sources.standDown();
        }
    }

    @Override
    public boolean isRunning() {
        return timer != null;
    }

    @Override
    public boolean isReady() {
        DiscoveryState state = discovery;
        return state != null && state.isReady() && protocolProblem().isEmpty();
    }

    @Override
    public String problem() {
        DiscoveryState state = discovery;
        String problem = state == null ? "" : state.problem();
        return problem.isEmpty() ? protocolProblem() : problem;
    }

    /** The configuration may read requests that endpoints of the pool cannot serve. */
    private String protocolProblem() {
        KubernetesSources sources = kubernetes;
        AppProtocol protocol = sources == null ? null : sources.protocol();
        return protocol == null ? "" : planFile.plan().loaded().parsers().problemWith(protocol);
    }
}
