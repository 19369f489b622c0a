package io.llmd.gateway.config;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.coordinator.CoordinatorScheduler;
import io.llmd.gateway.coordinator.MediaFetcher;
import io.llmd.gateway.disagg.MediaMemory;
import io.llmd.gateway.disagg.MediaSource;
import io.llmd.gateway.disagg.Phases;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;

/** What the gateway needs where it stands before another one. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("gateway.coordinator.enabled")
class CoordinatorConfiguration {

    private static final String RENDER = "render";
    private static final String BUNDLE = "gateway.coordinator.tls-bundle";

    @Bean
    MediaFetcher mediaFetcher(GatewayProperties properties, ObjectProvider<SslBundles> bundles) {
        GatewayProperties.Coordinator own = properties.coordinator();
        // Media come from elsewhere: the certificates of the deployment say nothing about them.
        SslContext encryption = new LegTls(BUNDLE, "", true, bundles.getIfAvailable()).get();
        return new MediaFetcher(
                new MediaFetcher.Settings(
                        own.mediaHosts(),
                        own.mediaNetworks(),
                        own.mediaPorts(),
                        own.mediaPlain(),
                        properties.endpoints().connectTimeout()),
                encryption);
    }

    @Bean
    Phases coordinatorPhases(GatewayProperties properties, MediaFetcher fetcher) {
        GatewayProperties.Coordinator own = properties.coordinator();
        boolean fetches = fetcher.isOn() && own.steps().contains(Phases.Step.REPLACE_MEDIA_URLS);
        return new Phases(
                endpoint(Phases.ENCODE, own.gateway()),
                endpoint(Phases.PREFILL, own.gateway()),
                endpoint(Phases.DECODE, own.gateway()),
                own.render() == null ? null : endpoint(RENDER, own.render()),
                EnumSet.copyOf(own.steps()),
                own.kvConnector(),
                own.openaiFormat(),
                new Phases.Renders(
                        own.renderTimeout(),
                        (int) own.renderSize().toBytes(),
                        own.maxTokens(),
                        own.maxPlaceholderTokens()),
                own.encodeParallel(),
                new Phases.Media(
                        own.maxMedia(),
                        own.mediaParallel(),
                        own.mediaTimeout(),
                        (int) own.mediaSize().toBytes(),
                        (int) properties.limits().body().toBytes()),
                fetches ? fetcher : MediaSource.NONE,
                new MediaMemory((long) (Runtime.getRuntime().maxMemory() * own.mediaHeldShare())),
                properties.disaggregation().transferHosts().isEmpty());
    }

    private static TargetEndpoint endpoint(String id, URI base) {
        int port = base.getPort() > 0 ? base.getPort() : isEncrypted(base) ? 443 : 80;
        return new TargetEndpoint(id, base.getHost().replaceAll("^\\[|\\]$", ""), port);
    }

    private static boolean isEncrypted(@Nullable URI base) {
        return base != null && "https".equals(base.getScheme());
    }

    @Bean
    CoordinatorScheduler coordinatorScheduler(Phases phases) {
        return new CoordinatorScheduler(phases.decode());
    }

    /** Of what the edge does not answer, the gateway answers what is read only, at the paths that are named. */
    @Bean
    RouteLocator gatewayRoutes(RouteLocatorBuilder builder, GatewayProperties properties) {
        GatewayProperties.Coordinator own = properties.coordinator();
        RouteLocatorBuilder.Builder routes = builder.routes();
        if (!own.paths().isEmpty()) {
            routes.route(
                    "gateway",
                    route -> route.path(own.paths().toArray(String[]::new))
                            .and()
                            .method(HttpMethod.GET, HttpMethod.HEAD)
                            .uri(own.gateway().toString()));
        }
        return routes.build();
    }

    /** Which legs are encrypted: as the URLs say. */
    static UpstreamClient.Tls tls(GatewayProperties.Coordinator own, @Nullable SslBundles bundles) {
        if (!isEncrypted(own.gateway()) && !isEncrypted(own.render())) {
            return UpstreamClient.Tls.NONE;
        }
        LegTls leg = new LegTls(BUNDLE, own.tlsBundle(), own.tlsVerify(), bundles);
        return endpoint -> isEncrypted(endpoint.id().equals(RENDER) ? own.render() : own.gateway()) ? leg.get() : null;
    }
}
