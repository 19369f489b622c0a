package io.llmd.autoscaler.config;

import io.llmd.autoscaler.actuator.ExternalMetrics;
import io.llmd.autoscaler.actuator.ExternalMetricsServer;
import io.llmd.autoscaler.actuator.KedaScaler;
import io.llmd.autoscaler.actuator.KedaServer;
import io.llmd.autoscaler.actuator.Published;
import io.llmd.autoscaler.api.AutoscalerRoutes;
import io.llmd.autoscaler.api.WhatIf;
import io.llmd.autoscaler.api.WriteAccess;
import io.llmd.autoscaler.collector.Collector;
import io.llmd.autoscaler.collector.DirectCollector;
import io.llmd.autoscaler.collector.EndpointsFile;
import io.llmd.autoscaler.collector.FallbackCollector;
import io.llmd.autoscaler.collector.OutcomeCollector;
import io.llmd.autoscaler.collector.OutcomeReader;
import io.llmd.autoscaler.collector.PrometheusCollector;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.FitStore;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.loop.LoopListener;
import io.llmd.autoscaler.loop.Office;
import io.llmd.autoscaler.observe.AutoscalerMeters;
import io.llmd.autoscaler.observe.ClusterState;
import io.llmd.autoscaler.observe.CycleMeters;
import io.llmd.autoscaler.observe.FirstCycleHealth;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.kube.KubeClients;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Puts the autoscaler together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AutoscalerProperties.class)
class AutoscalerConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(AutoscalerConfiguration.class);
    private static final InstantSource CLOCK = InstantSource.system();
    private static final DoubleSupplier SECONDS = () -> System.nanoTime() / 1e9;

    @Bean
    Planner planner(AutoscalerProperties properties) {
        return new Planner(properties.solver().timeLimit().toMillis(), properties.headroom()::of);
    }

    @Bean
    Holds holds() {
        return new Holds();
    }

    @Bean
    DecisionLog decisionLog() {
        return new DecisionLog();
    }

    @Bean
    Collector collector(AutoscalerProperties properties, MeterRegistry registry) {
        DirectCollector direct = new DirectCollector(
                properties.scrape().pageTimeout(), properties.scrape().cycleTimeout());
        AutoscalerProperties.Prometheus prometheus = properties.prometheus();
        Collector pages = prometheus.url() == null
                ? direct
                : new FallbackCollector(
                        new PrometheusCollector(new PrometheusCollector.Settings(
                                prometheus.url(), prometheus.selector(), prometheus.tokenFile(), prometheus.timeout())),
                        direct,
                        properties.staleAfter().toNanos() / 1e9);
        OutcomeReader.Settings outcomes = properties.outcomes().settings();
        if (outcomes == null) {
            return pages;
        }
        OutcomeReader reader = new OutcomeReader(
                outcomes,
                (event, count) -> registry.counter(
                                AutoscalerMeters.OUTCOMES.getName(),
                                "outcome",
                                event.name().toLowerCase(Locale.ROOT))
                        .increment(count));
        reader.start();
        return new OutcomeCollector(pages, reader);
    }

    @Bean
    CycleMeters cycleMeters(AutoscalerProperties properties, MeterRegistry registry) {
        CycleMeters meters = new CycleMeters(registry, properties.wvaMetrics());
        double threePeriods = 3 * properties.period().toNanos() / 1e9;
        meters.expire(
                SECONDS,
                Math.max(threePeriods, properties.kubernetes().staleAfter().toNanos() / 1e9));
        return meters;
    }

    @Bean
    FleetLoop fleetLoop(
            AutoscalerProperties properties,
            Collector collector,
            Planner planner,
            Holds holds,
            DecisionLog log,
            CycleMeters meters,
            ObjectProvider<KedaScaler> keda,
            ObjectProvider<ClusterAutoscaling> cluster) {
        ClusterAutoscaling ours = cluster.getIfAvailable();
        FleetLoop loop = new FleetLoop(
                properties.fleet(),
                collector,
                ours == null ? endpoints(properties.endpointsFile()) : ours,
                ours == null ? Office.ALONE : ours.office(),
                planner,
                holds,
                log,
                new FitStore(properties.stateFile()),
                listener(meters, keda.getIfAvailable(), ours),
                CLOCK,
                SECONDS.getAsDouble());
        meters.watch(() -> loop.state(SECONDS.getAsDouble()), () -> ours == null ? ClusterState.NONE : ours.state());
        if (ours != null) {
            ours.begin(loop, SECONDS);
        }
        return loop;
    }

    private static LoopListener listener(
            CycleMeters meters, @Nullable KedaScaler keda, @Nullable ClusterAutoscaling cluster) {
        return new LoopListener() {
            @Override
            public void published(Cycle cycle) {
                meters.published(cycle);
                if (keda != null) {
                    keda.published();
                }
                if (cluster != null) {
                    cluster.published(cycle);
                }
            }

            @Override
            public void took(String stage, long nanos) {
                meters.took(stage, nanos);
            }
        };
    }

    @Bean
    @ConditionalOnProperty("autoscaler.keda.enabled")
    KedaScaler kedaScaler(AutoscalerProperties properties, DecisionLog log) {
        return new KedaScaler(
                new Published(log, SECONDS, properties.keda().staleAfter()),
                properties.keda().maxStreams());
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    @ConditionalOnProperty("autoscaler.keda.enabled")
    KedaServer kedaServer(AutoscalerProperties properties, KedaScaler scaler, MeterRegistry registry)
            throws IOException, GeneralSecurityException {
        AutoscalerProperties.Keda keda = properties.keda();
        KedaServer server = new KedaServer(
                new KedaServer.Settings(keda.address(), keda.port(), keda.tls(), keda.keepAlive()), scaler);
        CertificateMeters.watch(registry, "keda", server::certificateEnd);
        return server;
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("autoscaler.kubernetes.enabled")
    ClusterAutoscaling clusterAutoscaling(AutoscalerProperties properties) {
        return new ClusterAutoscaling(properties, KubeClients.fromEnvironment());
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("autoscaler.external-metrics.enabled")
    ExternalMetricsServer externalMetricsServer(
            AutoscalerProperties properties,
            DecisionLog log,
            ObjectProvider<ClusterAutoscaling> cluster,
            MeterRegistry registry)
            throws IOException, GeneralSecurityException {
        AutoscalerProperties.ExternalMetrics settings = properties.externalMetrics();
        ExternalMetricsServer server = new ExternalMetricsServer(
                new ExternalMetricsServer.Settings(
                        settings.address(), settings.port(), Objects.requireNonNull(settings.tls())),
                new ExternalMetrics(log, new Published(log, SECONDS, settings.staleAfter())));
        CertificateMeters.watch(registry, "external-metrics", server::certificateEnd);
        ClusterAutoscaling ours = cluster.getIfAvailable();
        Optional<String> other = ours == null ? Optional.empty() : ours.otherExternalMetrics(settings.service());
        if (other.isPresent()) {
            LOG.atError()
                    .addKeyValue("reason", other.get())
                    .log(
                            "external metrics are served by somebody else, and not by us (expected: actuation keda-push or scale)");
        } else {
            server.start();
        }
        return server;
    }

    private static Supplier<Optional<Roster>> endpoints(@Nullable Path file) {
        if (file == null) {
            // There are no variants then, so that nothing is decided.
            return () -> Optional.of(Roster.of(List.of()));
        }
        return () -> {
            try {
                return Optional.of(Roster.of(EndpointsFile.read(file)));
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("reason", e.getMessage()).log("the endpoints file cannot be used");
                return Optional.empty();
            }
        };
    }

    @Bean
    AutoscalerLifecycle autoscalerLifecycle(AutoscalerProperties properties, FleetLoop loop) {
        return new AutoscalerLifecycle(properties, loop, SECONDS);
    }

    @Bean
    FirstCycleHealth firstCycleHealthIndicator(AutoscalerProperties properties, DecisionLog log) {
        return new FirstCycleHealth(
                log, properties.variants().isEmpty() && !properties.kubernetes().enabled());
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

    /** Whether only this machine can reach an address to listen on; empty is every address. */
    private static boolean isLoopback(String address) throws UnknownHostException {
        return !address.isBlank() && InetAddress.getByName(address.strip()).isLoopbackAddress();
    }

    @Bean
    RouterFunction<ServerResponse> autoscalerRoutes(
            AutoscalerProperties properties,
            FleetLoop loop,
            Planner planner,
            Holds holds,
            DecisionLog log,
            ObjectProvider<ClusterAutoscaling> cluster,
            @Value("${server.address:}") String address)
            throws IOException {
        ClusterAutoscaling ours = cluster.getIfAvailable();
        Office office = ours == null ? Office.ALONE : ours.office();
        return new AutoscalerRoutes(
                        log,
                        holds,
                        loop::fits,
                        planner,
                        new WhatIf(planner),
                        CLOCK,
                        Math.toIntExact(properties.http().maxBodySize().toBytes()),
                        WriteAccess.of(properties.http().keyFile(), isLoopback(address)),
                        office::isLeader)
                .routes();
    }
}
