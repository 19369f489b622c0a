package io.llmd.scheduler.api.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves an {@link ExternalProcessor} to proxies, and its health on the same port and on one without TLS. Requests are
 * handled on the event loops that read them; nothing blocks. Safe from any thread.
 */
public final class ExtProcServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ExtProcServer.class);
    private static final String LIVENESS = "liveness";

    /** The last one is what llm-d's chart probes. */
    private static final List<String> READINESS = List.of(
            HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
            "readiness",
            ExternalProcessorGrpc.SERVICE_NAME,
            "inference-extension");

    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);
    private static final int WINDOW_BYTES = 1 << 20;

    /**
     * @param address address to listen on
     * @param port port for proxies; 0 lets the system choose
     * @param healthPort port for probes; 0 lets the system choose
     * @param identity certificate; {@code null} for no TLS
     * @param maxMessageBytes largest message of a proxy; a larger one ends its stream with RESOURCE_EXHAUSTED
     */
    public record Settings(
            String address,
            int port,
            int healthPort,
            ServingIdentity.@Nullable Settings identity,
            int maxMessageBytes) {
        public Settings {
            Objects.requireNonNull(address, "address");
        }
    }

    private final ExternalProcessor processor;
    private final BooleanSupplier isReady;
    private final HealthStatusManager health = new HealthStatusManager();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("ext-proc-timer").factory());
    private final Server server;
    private final Server probes;
    private final @Nullable ServingIdentity identity;
    private final boolean isOpenToAll;
    private final boolean isLoopback;
    private volatile boolean isStopping;

    /**
     * A server that does not listen yet.
     *
     * @param isReady whether requests may come
     * @throws IOException when a file of the certificate cannot be read
     * @throws GeneralSecurityException when it holds no certificate
     */
    public ExtProcServer(Settings settings, ExternalProcessor processor, BooleanSupplier isReady)
            throws IOException, GeneralSecurityException {
        this.processor = processor;
        this.isReady = isReady;
        InetSocketAddress address = new InetSocketAddress(settings.address(), settings.port());
        isLoopback = address.getAddress() != null && address.getAddress().isLoopbackAddress();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .directExecutor()
                .addService(processor)
                .addService(health.getHealthService())
                .maxInboundMessageSize(settings.maxMessageBytes())
                .flowControlWindow(WINDOW_BYTES)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
        ServingIdentity.Settings shown = settings.identity();
        isOpenToAll = shown == null || shown.clientAuthority() == null;
        try {
            identity = shown == null ? null : new ServingIdentity(shown, timer);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            timer.shutdownNow();
            throw e;
        }
        if (identity != null) {
            builder.sslContext(identity.context());
        }
        server = builder.build();
        probes = NettyServerBuilder.forAddress(new InetSocketAddress(settings.address(), settings.healthPort()))
                .directExecutor()
                .addService(health.getHealthService())
                .build();
        health.setStatus(LIVENESS, ServingStatus.SERVING);
    }

    /**
     * Listens.
     *
     * @throws IOException when a port is taken
     */
    public void start() throws IOException {
        showReadiness();
        server.start();
        probes.start();
        timer.scheduleWithFixedDelay(this::step, STEP.toMillis(), STEP.toMillis(), TimeUnit.MILLISECONDS);
        if (isOpenToAll && !isLoopback) {
            LOG.atWarn().log("whoever reaches the port for proxies is served (client-authority asks for certificates)");
        }
        LOG.atInfo()
                .addKeyValue("port", port())
                .addKeyValue("healthPort", healthPort())
                .log("proxies are served");
    }

    private void step() {
        try {
            showReadiness();
            processor.expire();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("looking after proxied requests failed");
        }
    }

    private void showReadiness() {
        if (isStopping) {
            return;
        }
        ServingStatus status = isReady.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        READINESS.forEach(name -> health.setStatus(name, status));
    }

    /** Port for proxies. */
    public int port() {
        return server.getPort();
    }

    /** When the certificate that is shown now ends; empty without TLS. */
    public Optional<Instant> certificateEnd() {
        return identity == null ? Optional.empty() : Optional.of(identity.end());
    }

    /** Port for probes. */
    public int healthPort() {
        return probes.getPort();
    }

    /**
     * Takes no further streams, and waits for those under way for as long as {@code patience}. Then proxies go on alone with
     * requests whose answer has not begun, and the other ones break off.
     */
    public void stop(Duration patience) {
        isStopping = true;
        READINESS.forEach(name -> health.setStatus(name, ServingStatus.NOT_SERVING));
        server.shutdown();
        try {
            if (!server.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atWarn()
                        .addKeyValue("requests", processor.open())
                        .log("drain time is over, proxied requests are ended");
                processor.abandon();
                server.awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
    }

    @Override
    public void close() {
        processor.close();
        server.shutdownNow();
        probes.shutdownNow();
        timer.shutdownNow();
    }
}
