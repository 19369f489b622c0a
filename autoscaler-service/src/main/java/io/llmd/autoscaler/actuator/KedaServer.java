package io.llmd.autoscaler.actuator;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves a {@link KedaScaler}. Calls are answered on the event loops that read them. */
public final class KedaServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KedaServer.class);
    private static final int MAX_MESSAGE_BYTES = 64 * 1024;
    private static final int MAX_CALLS_PER_CONNECTION = 1_000;

    /**
     * Where to listen, and who may call.
     *
     * @param address address to listen on
     * @param port port; 0 lets the system choose
     * @param tls what it shows, and who may call; none for no TLS
     * @param keepAlive silence after which a caller is asked whether it is there; one that does not answer for a third of that is gone,
     *     with its streams
     */
    public record Settings(
            String address, int port, @Nullable TlsFiles tls, Duration keepAlive) {}

    private final @Nullable ServingTls tls;
    private final Server server;

    /**
     * A server that does not listen yet.
     *
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file cannot be used
     */
    public KedaServer(Settings settings, KedaScaler scaler) throws IOException, GeneralSecurityException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(settings.address(), settings.port()))
                .directExecutor()
                .addService(scaler)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .keepAliveTime(settings.keepAlive().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(Math.max(1, settings.keepAlive().toNanos() / 3), TimeUnit.NANOSECONDS)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
        TlsFiles files = settings.tls();
        tls = files == null ? null : new ServingTls(files);
        if (tls != null) {
            builder.sslContext(GrpcSslContexts.configure(tls.context()).build());
        }
        server = builder.build();
    }

    /** Listens. @throws IOException when the port is taken */
    public void start() throws IOException {
        server.start();
        LOG.atInfo().addKeyValue("port", port()).log("KEDA is answered");
    }

    /** Port that it listens on. */
    public int port() {
        return server.getPort();
    }

    /** When the certificate that is shown now ends; empty without TLS. */
    public Optional<Instant> certificateEnd() {
        return tls == null ? Optional.empty() : Optional.of(tls.end());
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (tls != null) {
            tls.close();
        }
    }
}
