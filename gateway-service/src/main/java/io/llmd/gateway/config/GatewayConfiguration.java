package io.llmd.gateway.config;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.TokenCheck;
import io.llmd.gateway.disagg.DisaggSettings;
import io.llmd.gateway.disagg.Disaggregation;
import io.llmd.gateway.disagg.MediaSource;
import io.llmd.gateway.disagg.Phases;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.HttpSchedulerClient;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.dispatch.PoolWatch;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.llmd.gateway.edge.ActiveExchanges;
import io.llmd.gateway.edge.AddressRanges;
import io.llmd.gateway.edge.ConnectionCounts;
import io.llmd.gateway.edge.DocsPage;
import io.llmd.gateway.edge.EdgePipeline;
import io.llmd.gateway.edge.EdgeServices;
import io.llmd.gateway.edge.EdgeSettings;
import io.llmd.gateway.edge.OpenAiExceptionHandler;
import io.llmd.gateway.edge.Place;
import io.llmd.gateway.edge.Steering;
import io.llmd.gateway.observe.DisaggMeters;
import io.llmd.gateway.observe.EjectionGauges;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.gateway.observe.MemoryPressure;
import io.llmd.gateway.observe.RequestListener;
import io.llmd.gateway.observe.RequestTraces;
import io.llmd.gateway.sidecar.AllowList;
import io.llmd.gateway.sidecar.SidecarScheduler;
import io.llmd.gateway.token.ProviderKeys;
import io.llmd.gateway.token.SignedTokens;
import io.llmd.openai.BodyRules;
import io.llmd.openai.RequestLimits;
import io.llmd.openai.RequestReader;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.cloud.gateway.support.RouteMetadataUtils;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.NettyPipeline;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** Wires the gateway. A {@link SchedulerClient} bean from outside takes the place of the one over HTTP. */
@Configuration(proxyBeanMethods = false)
class GatewayConfiguration {

    /** The event loop of everything that is not a client's request. */
    static final class BackgroundLoop implements DisposableBean {

        private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("gateway-background", true), NioIoHandler.newFactory());

        Transport transport() {
            return new Transport((io.netty.channel.EventLoop) group.next(), NioSocketChannel.class);
        }

        @Override
        public void destroy() {
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        }
    }

    @Bean
    BackgroundLoop gatewayBackgroundLoop() {
        return new BackgroundLoop();
    }

    @Bean
    GatewayMetrics gatewayMetrics(MeterRegistry registry) {
        return new GatewayMetrics(registry);
    }

    @Bean
    UpstreamClient upstreamClient(GatewayProperties properties, ObjectProvider<SslBundles> bundles) {
        GatewayProperties.Endpoints settings = properties.endpoints();
        return new UpstreamClient(
                new UpstreamClient.Settings(
                        settings.connectTimeout(),
                        settings.maxIdle(),
                        (int) settings.headerSize().toBytes(),
                        settings.maxIdleConnections()),
                tls(properties, bundles.getIfAvailable()));
    }

    private static UpstreamClient.Tls tls(GatewayProperties properties, @Nullable SslBundles bundles) {
        return switch (place(properties)) {
            case POOL -> PoolTls.of(properties, bundles);
            case SIDECAR -> SidecarTls.of(properties.sidecar(), bundles);
            case COORDINATOR -> CoordinatorConfiguration.tls(properties.coordinator(), bundles);
        };
    }

    private static Place place(GatewayProperties properties) {
        if (properties.coordinator().enabled()) {
            if (properties.sidecar().enabled()) {
                throw new IllegalArgumentException(
                        "gateway.coordinator.enabled: true (expected: false beside gateway.sidecar.enabled)");
            }
            return Place.COORDINATOR;
        }
        return properties.sidecar().enabled() ? Place.SIDECAR : Place.POOL;
    }

    @Bean
    EndpointDirectory endpointDirectory() {
        return new EndpointDirectory();
    }

    @Bean
    InFlightRequests inFlightRequests() {
        return new InFlightRequests();
    }

    @Bean
    EndpointHealth endpointHealth(GatewayProperties properties) {
        GatewayProperties.Endpoints settings = properties.endpoints();
        return new EndpointHealth(
                new EndpointHealth.Settings(
                        settings.ejectAfter(),
                        settings.firstEjection(),
                        settings.longestEjection(),
                        settings.maxEjectedShare(),
                        settings.outlierMargin(),
                        settings.outlierRequests(),
                        settings.outlierWindow()),
                System::nanoTime);
    }

    @Bean
    BufferMeters bufferMeters() {
        return new BufferMeters();
    }

    @Bean
    RetryBudget retryBudget(GatewayProperties properties) {
        return new RetryBudget(
                properties.endpoints().retryShare(), properties.endpoints().minRetries());
    }

    @Bean
    @ConditionalOnBooleanProperty("gateway.sidecar.enabled")
    SidecarScheduler sidecarScheduler(GatewayProperties properties, EndpointDirectory directory) {
        GatewayProperties.Sidecar own = properties.sidecar();
        return new SidecarScheduler(
                new SidecarScheduler.Settings(
                        own.decoder().getHost().replaceAll("^\\[|\\]$", ""),
                        own.decoder().getPort(),
                        own.dataParallelSize(),
                        own.rankPort(),
                        AllowList.parse(own.allow()),
                        own.samplePrefillers()),
                directory,
                bound -> ThreadLocalRandom.current().nextInt(bound));
    }

    /** What the edge does not answer, the model server does. */
    @Bean
    @ConditionalOnBooleanProperty("gateway.sidecar.enabled")
    RouteLocator decoderRoutes(RouteLocatorBuilder builder, GatewayProperties properties) {
        String decoder = properties.sidecar().decoder().toString();
        return builder.routes()
                .route(
                        "decoder-health",
                        route -> route.path("/health")
                                .metadata(RouteMetadataUtils.RESPONSE_TIMEOUT_ATTR, 1_000)
                                .uri(decoder))
                .route("decoder", route -> route.path("/**").uri(decoder))
                .build();
    }

    @Bean
    @ConditionalOnMissingBean(SchedulerClient.class)
    @ConditionalOnBooleanProperty(name = "gateway.coordinator.enabled", havingValue = false, matchIfMissing = true)
    SchedulerClient httpSchedulerClient(
            GatewayProperties properties,
            UpstreamClient client,
            BackgroundLoop loop,
            EndpointDirectory directory,
            InFlightRequests inFlight,
            GatewayMetrics metrics) {
        GatewayProperties.Scheduler settings = properties.scheduler();
        return new HttpSchedulerClient(
                new HttpSchedulerClient.Settings(
                        settings.url(),
                        properties.timeouts().queue().plus(settings.timeout()),
                        settings.controlTimeout(),
                        settings.fallbackFor(),
                        settings.probeInterval(),
                        settings.waitingReports()),
                client,
                loop.transport(),
                directory,
                inFlight,
                metrics::fallbackPicked,
                metrics::reportDropped,
                System::nanoTime);
    }

    @Bean
    ModelCatalog modelCatalog(
            GatewayProperties properties, UpstreamClient client, BackgroundLoop loop, EndpointDirectory directory) {
        // A sidecar and a coordinator leave it to whom they send to which models there are, and ask nobody.
        return new ModelCatalog(
                client,
                loop.transport(),
                place(properties) == Place.POOL ? directory : new EndpointDirectory(),
                properties.models().pollInterval(),
                properties.models().declared());
    }

    @Bean
    PoolLifecycle poolLifecycle(
            GatewayProperties properties,
            SchedulerClient scheduler,
            EndpointDirectory directory,
            EndpointHealth health,
            InFlightRequests inFlight,
            BackgroundLoop loop,
            ModelCatalog models,
            ActiveExchanges active,
            MeterRegistry registry) {
        directory.onChange(endpoints -> active.endpointsLeft(directory.ids()));
        EjectionGauges ejections = new EjectionGauges(health::watched, health::isOut, health::isPanic);
        PoolWatch watch = new PoolWatch(
                scheduler,
                directory,
                health,
                inFlight,
                loop.transport(),
                properties.scheduler().pollInterval(),
                () -> ejections.bindTo(registry));
        return new PoolLifecycle(scheduler, properties.scheduler().controlTimeout(), watch, models, active);
    }

    @Bean
    PoolHealthIndicator poolHealthIndicator(EndpointDirectory directory) {
        return new PoolHealthIndicator(directory);
    }

    @Bean
    @Conditional(IssuerGiven.class)
    ProviderKeys providerKeys(GatewayProperties properties) {
        GatewayProperties.Access.Jwt jwt = properties.access().jwt();
        ProviderKeys keys = new ProviderKeys(
                new ProviderKeys.Settings(jwt.issuer(), jwt.keySet(), jwt.keyInterval(), jwt.timeout()),
                System::nanoTime);
        keys.start();
        return keys;
    }

    @Bean
    AccessControl accessControl(GatewayProperties properties, ObjectProvider<ProviderKeys> providerKeys) {
        ProviderKeys keys = providerKeys.getIfAvailable();
        return new AccessControl(
                ApiKeys.NONE,
                keys == null ? TokenCheck.NONE : signedTokens(properties.access(), keys),
                InstantSource.system(),
                System::nanoTime);
    }

    private static SignedTokens signedTokens(GatewayProperties.Access access, ProviderKeys keys) {
        GatewayProperties.Access.Jwt jwt = access.jwt();
        return new SignedTokens(
                new SignedTokens.Settings(
                        jwt.issuer(),
                        jwt.audiences(),
                        jwt.algorithms(),
                        jwt.tenantClaim(),
                        jwt.modelsClaim(),
                        jwt.clockSkew(),
                        access.keyLimits().allowance(),
                        access.tenantLimits().allowance()),
                keys,
                Clock.systemUTC());
    }

    @Bean
    KeyFileWatch keyFileWatch(
            GatewayProperties properties, AccessControl access, UsageFile usage, GatewayMetrics metrics) {
        return new KeyFileWatch(
                properties.access(),
                access,
                tenant -> {
                    metrics.forgetTenant(tenant);
                    usage.quotas().forgetTenant(tenant);
                },
                properties.timeouts().request().multipliedBy(2),
                System::nanoTime);
    }

    @Bean
    UsageFile usageFile(GatewayProperties properties, GatewayMetrics metrics) {
        return new UsageFile(properties.access(), metrics);
    }

    @Bean
    LimitsEndpoint limitsEndpoint(GatewayProperties properties) {
        return new LimitsEndpoint(properties);
    }

    @Bean
    MemoryPressure memoryPressure(GatewayProperties properties, BackgroundLoop loop) {
        GatewayProperties.Limits limits = properties.limits();
        MemoryPressure memory = new MemoryPressure(limits.memoryHigh(), limits.memoryCritical());
        memory.sample();
        loop.transport().loop().scheduleAtFixedRate(memory::sample, 250, 250, TimeUnit.MILLISECONDS);
        return memory;
    }

    @Bean
    LoopWatch loopWatch(
            GatewayProperties properties,
            ReactorResourceFactory resources,
            BackgroundLoop loop,
            GatewayMetrics metrics,
            ApplicationEventPublisher events) {
        return new LoopWatch(
                properties.watchdog(),
                () -> List.of(resources.getLoopResources().onServer(LoopResources.DEFAULT_NATIVE), loop.group),
                metrics::loopStalled,
                events);
    }

    @Bean
    ActiveExchanges activeExchanges() {
        return new ActiveExchanges();
    }

    @Bean
    DrainLifecycle drainLifecycle(
            GatewayProperties properties, ActiveExchanges active, ApplicationEventPublisher events) {
        return new DrainLifecycle(properties.drain(), active, events);
    }

    @Bean
    Disaggregation disaggregation(
            GatewayProperties properties,
            UpstreamClient upstream,
            EndpointDirectory directory,
            EndpointHealth health,
            RetryBudget retries,
            InFlightRequests inFlight,
            MeterRegistry registry,
            ObjectProvider<Phases> phases) {
        GatewayProperties.Disaggregation own = properties.disaggregation();
        AddressRanges ranges = AddressRanges.parse(own.transferHosts().stream()
                .filter(GatewayConfiguration::isAddress)
                .toList());
        Set<String> names = Set.copyOf(own.transferHosts());
        DisaggSettings settings = new DisaggSettings(
                own.onPrefillFailure(),
                own.prefillRetries(),
                own.retryBackoff(),
                own.prefillTimeout(),
                own.timeoutPerToken(),
                own.decodeTimeout(),
                own.handoffLease(),
                own.maxHandoffs(),
                (int) own.answerSize().toBytes(),
                own.overrideLoopbackHost(),
                host -> names.contains(host) || isIn(ranges, host),
                own.cachedTokens(),
                own.reuseTokens(),
                own.generateExtraArgs(),
                own.sidecarLabel(),
                own.versionLabel(),
                own.quarantineAfter(),
                own.quarantine(),
                own.commitTimeout(),
                new DisaggSettings.Ports(own.bootstrapPort(), own.offloadPort(), own.notifyPort(), own.handshakePort()),
                new DisaggSettings.Engines(own.dataParallelSize(), own.tensorParallelSize()),
                own.cacheHitThreshold(),
                properties.sidecar().enabled() ? properties.sidecar().chunkTokens() : 0,
                own.encodeConnector());
        Disaggregation.Services services = new Disaggregation.Services(upstream, directory, health, retries, inFlight);
        DisaggMeters meters = new DisaggMeters(registry);
        Phases coordinated = phases.getIfAvailable();
        return coordinated == null
                ? new Disaggregation(settings, own.connector(), services, meters, System::nanoTime)
                : new Disaggregation(settings, coordinated, services, meters, System::nanoTime);
    }

    private static boolean isAddress(String host) {
        int slash = host.indexOf('/');
        return NetUtil.createByteArrayFromIpAddressString(slash < 0 ? host : host.substring(0, slash)) != null;
    }

    private static boolean isIn(AddressRanges ranges, String host) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return address != null && ranges.contains(InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Bean
    EdgePipeline edgePipeline(
            GatewayProperties properties,
            AccessControl access,
            KeyFileWatch keys,
            UsageFile usage,
            SchedulerClient scheduler,
            UpstreamClient upstream,
            Disaggregation disaggregation,
            EndpointDirectory directory,
            ModelCatalog models,
            EndpointHealth health,
            RetryBudget retries,
            InFlightRequests inFlight,
            ActiveExchanges active,
            MemoryPressure memory,
            GatewayMetrics metrics,
            ObjectProvider<RequestTraces> traces,
            ObjectProvider<RequestListener> listener,
            ObjectProvider<Phases> phases) {
        Place place = place(properties);
        int contextTokens = place == Place.POOL ? properties.models().contextTokens() : Integer.MAX_VALUE;
        ToIntFunction<String> context = model -> {
            int tokens = models.contextTokens(model);
            return tokens > 0 ? tokens : contextTokens;
        };
        Phases coordinated = phases.getIfAvailable();
        boolean fetches = coordinated != null && coordinated.source() != MediaSource.NONE;
        boolean isSidecar = place == Place.SIDECAR;
        BodyRules.Addresses addresses =
                isSidecar ? BodyRules.Addresses.ALL : fetches ? BodyRules.Addresses.CHATS : BodyRules.Addresses.NONE;
        GatewayProperties.Access.TransferParams params = properties.access().transferParams();
        boolean passes = params == GatewayProperties.Access.TransferParams.PASS;
        RequestReader reader =
                new RequestReader(RequestLimits.DEFAULTS, context, new BodyRules(addresses, isSidecar, passes));
        RequestReader trustedReader = new RequestReader(
                RequestLimits.DEFAULTS,
                context,
                new BodyRules(
                        addresses, isSidecar, passes || params == GatewayProperties.Access.TransferParams.TRUSTED));
        EdgeSettings settings = edgeSettings(properties);
        EdgeServices services = new EdgeServices(
                settings,
                access,
                usage.quotas(),
                CacheSecret.isolation(properties.access(), properties.access().isolation(place), access.keys()),
                reader,
                trustedReader,
                scheduler,
                scheduler instanceof Steering steering ? steering : headers -> null,
                upstream,
                disaggregation,
                directory,
                models,
                health,
                retries,
                inFlight,
                active,
                memory,
                metrics,
                traces.getIfAvailable(() -> RequestTraces.OFF),
                listener.getIfAvailable(),
                System::nanoTime);
        return new EdgePipeline(
                services,
                new ConnectionCounts(
                        settings.limits().connections(),
                        settings.limits().connectionsPerAddress(),
                        metrics.openConnections()));
    }

    private static EdgeSettings edgeSettings(GatewayProperties properties) {
        GatewayProperties.Limits limits = properties.limits();
        GatewayProperties.Timeouts timeouts = properties.timeouts();
        GatewayProperties.Access access = properties.access();
        return new EdgeSettings(
                new EdgeSettings.Limits(
                        (int) limits.requestLine().toBytes(),
                        (int) limits.headerSize().toBytes(),
                        limits.headers(),
                        (int) limits.body().toBytes(),
                        (long) (Runtime.getRuntime().maxMemory() * limits.heldBodyShare()),
                        limits.connections(),
                        limits.connectionsPerAddress(),
                        (int) limits.writeBuffer().toBytes(),
                        (int) limits.heldAnswer().toBytes(),
                        limits.answer().toBytes()),
                new EdgeSettings.Timeouts(
                        timeouts.header(),
                        timeouts.bodyGap(),
                        timeouts.body(),
                        timeouts.bodyPerMebibyte(),
                        timeouts.keepAlive(),
                        timeouts.queue(),
                        timeouts.firstByte(),
                        timeouts.gap(),
                        timeouts.writeGap(),
                        timeouts.request(),
                        timeouts.keepAliveComment()),
                AddressRanges.parse(access.trustedProxies()),
                access.mode() == GatewayProperties.Access.Mode.OPEN,
                access.corsOrigins(),
                properties.exposeEndpoint(),
                properties.endpoints().relayErrors(),
                access.transferParams() == GatewayProperties.Access.TransferParams.REFUSE,
                properties.endpoints().maxFurther(),
                access.assumedOutputTokens(),
                place(properties));
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
    @ConditionalOnBooleanProperty(name = "gateway.sidecar.enabled", havingValue = false, matchIfMissing = true)
    RouterFunction<ServerResponse> docsRoutes() {
        return DocsPage.routes();
    }

    @Bean
    OpenAiExceptionHandler openAiExceptionHandler() {
        return new OpenAiExceptionHandler();
    }

    /** Only the server of the gateway's own port gets the edge; the management server has a factory of its own. */
    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> edgeCustomizer(
            EdgePipeline edge, GatewayProperties properties) {
        return factory -> factory.addServerCustomizers(server -> withEdge(server, edge, properties.limits()));
    }

    private static HttpServer withEdge(HttpServer server, EdgePipeline edge, GatewayProperties.Limits limits) {
        return server.protocol(HttpProtocol.HTTP11)
                .httpRequestDecoder(decoder -> decoder.maxInitialLineLength(
                                (int) limits.requestLine().toBytes())
                        .maxHeaderSize((int) limits.headerSize().toBytes())
                        .allowDuplicateContentLengths(false)
                        .validateHeaders(true))
                .doOnChannelInit((observer, channel, remote) -> edge.install(channel, NettyPipeline.HttpCodec));
    }
}
