package io.llmd.kvindex.config;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llmd.kube.KubeClients;
import io.llmd.kube.KubeKind;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.owner.OwnerSettings;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kvindex.ingest.DirectPool;
import io.llmd.kvindex.ingest.EngineFeed;
import io.llmd.kvindex.ingest.IndexedPool;
import io.llmd.kvindex.ingest.KafkaPool;
import io.llmd.kvindex.ingest.KafkaSettings;
import io.llmd.kvindex.ingest.PodSources;
import io.llmd.kvindex.ingest.PoolSnapshots;
import io.llmd.kvindex.ingest.SnapshotKeeper;
import io.llmd.kvindex.ingest.SourceList;
import io.llmd.kvindex.observe.IndexHealth;
import io.llmd.kvindex.observe.LogMeters;
import io.llmd.kvindex.observe.LookupMeters;
import io.llmd.kvindex.observe.PoolMeters;
import io.llmd.kvindex.query.MatchRoute;
import io.llmd.kvindex.query.PrefixMatcher;
import io.llmd.kvindex.query.PrefixRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Puts the KV index together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(KvIndexProperties.class)
class KvIndexConfiguration {

    private static final LongSupplier NANO_CLOCK = System::nanoTime;
    private static final LongSupplier CLOCK_MILLIS = System::currentTimeMillis;

    /** Ends with its lifecycle, after the HTTP door. */
    @Bean(destroyMethod = "")
    IndexedPool indexedPool(KvIndexProperties properties, MeterRegistry registry) {
        KvIndexProperties.Kafka kafka = properties.kafka();
        if (!kafka.isUsed()) {
            return new DirectPool(properties.poolSettings(), properties.readyAfter(), NANO_CLOCK);
        }
        OwnerSettings usual = OwnerSettings.of(kafka.uniqueName(), properties.poolSettings());
        KafkaSettings settings = new KafkaSettings(
                new KafkaConnection(kafka.bootstrapServers(), kafka.clientProperties()),
                properties.pool(),
                new OwnerSettings(usual.name(), usual.pool(), kafka.snapshotInterval(), usual.tick()),
                new KvTopics.Layout(
                        kafka.replication() == 0 ? Optional.empty() : Optional.of((short) kafka.replication()),
                        kafka.expectedLanes()),
                kafka.roles().contains(KvIndexProperties.Role.OWNER),
                kafka.roles().contains(KvIndexProperties.Role.REPLICA));
        LogMeters meters = new LogMeters(registry);
        return new KafkaPool(settings, meters, meters, NANO_CLOCK, CLOCK_MILLIS);
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("kv-index.kubernetes.enabled")
    KubernetesClient kubernetesClient() {
        return KubeClients.fromEnvironment();
    }

    /** Ends with its lifecycle, before the pool. */
    @Bean(destroyMethod = "")
    EngineFeed engineFeed(KvIndexProperties properties, IndexedPool pool, ObjectProvider<KubernetesClient> cluster) {
        KubernetesClient client = cluster.getIfAvailable();
        if (client == null) {
            return new SourceList(
                    properties.engines(), properties.endpointsFile(), properties.watchInterval(), pool::follow);
        }
        KvIndexProperties.Kubernetes settings = properties.kubernetes();
        String namespace = KubeClients.namespace(settings.namespace(), client);
        return new PodSources(
                properties.engines(),
                new KubeKind<>(
                        "pods of " + namespace,
                        client.pods().inNamespace(namespace).withLabelSelector(settings.endpointSelector())),
                new PodSources.Settings(
                        settings.endpointTargetPorts(),
                        settings.eventPort(),
                        settings.replayPort(),
                        settings.resync(),
                        properties.readyAfter()),
                pool::follow);
    }

    @Bean
    PoolMeters poolMeters(IndexedPool pool, MeterRegistry registry) {
        return new PoolMeters(pool, registry);
    }

    @Bean
    KvIndexLifecycle kvIndexLifecycle(
            KvIndexProperties properties, IndexedPool pool, EngineFeed engines, PoolMeters meters) {
        PoolSnapshots snapshots = pool.snapshots();
        Path file = properties.snapshotFile();
        SnapshotKeeper keeper = snapshots == null || file == null
                ? null
                : new SnapshotKeeper(snapshots, file, properties.snapshotInterval());
        return new KvIndexLifecycle(pool, engines, meters, keeper);
    }

    @Bean
    IndexHealth indexHealthIndicator(EngineFeed engines, IndexedPool pool) {
        return new IndexHealth(engines, pool);
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
    PrefixMatcher prefixMatcher(KvIndexProperties properties, IndexedPool pool, MeterRegistry registry) {
        return new PrefixMatcher(
                pool,
                KeyHasher.of(properties.keyMode(), properties.seed()),
                properties.blockTokens(),
                properties.weights().tiers(),
                new LookupMeters(registry),
                NANO_CLOCK);
    }

    /**
     * Queries at this context's own server; the one for management has a factory of its own. Their bodies have hundreds of
     * kilobytes, for which buffers of 64 KB are used again while they are in near caches; the usual allocator makes new ones of
     * this size all the time, and clears them.
     */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> queryCustomizer(
            KvIndexProperties properties, PrefixMatcher matcher) {
        MatchRoute route = new MatchRoute(
                matcher, Math.toIntExact(properties.http().maxBodySize().toBytes()));
        return factory -> {
            factory.addRouteProviders(route::addTo);
            factory.addServerCustomizers(
                    server -> server.childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT));
        };
    }

    @Bean
    RouterFunction<ServerResponse> prefixRoutes(KvIndexProperties properties, IndexedPool pool, PrefixMatcher matcher) {
        return new PrefixRoutes(
                        pool,
                        matcher,
                        properties.blockTokens(),
                        OwnerSettings.keyMode(properties.poolSettings()),
                        properties.http().maxSnapshotSize().toBytes())
                .routes();
    }
}
