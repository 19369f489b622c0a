package io.llmd.autoscaler.actuator;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * Serves {@link ExternalMetrics} over HTTPS, for the API server of the cluster, which proves itself by a certificate of its front
 * proxy's authority. Requests are answered on the event loops that read them.
 */
public final class ExternalMetricsServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ExternalMetricsServer.class);
    private static final int MAX_LINE = 16 * 1024;
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(2);

    /**
     * Where to listen, and who may ask.
     *
     * @param address address to listen on
     * @param port port; 0 lets the system choose
     * @param certificate PEM file with the certificate
     * @param privateKey PEM file with its key
     * @param clientAuthority PEM file with the authority of those that may ask; none for all
     */
    public record Settings(
            String address,
            int port,
            Path certificate,
            Path privateKey,
            @Nullable Path clientAuthority) {}

    private final ExternalMetrics metrics;
    private final Settings settings;
    private final SslContext tls;
    private final LoopResources threads = LoopResources.create("external-metrics", 1, true);
    private @Nullable DisposableServer server;

    /** A server that does not listen yet. @throws SSLException when a file cannot be used */
    public ExternalMetricsServer(Settings settings, ExternalMetrics metrics) throws SSLException {
        this.settings = settings;
        this.metrics = metrics;
        SslContextBuilder builder = SslContextBuilder.forServer(
                settings.certificate().toFile(), settings.privateKey().toFile());
        Path authority = settings.clientAuthority();
        if (authority != null) {
            builder.trustManager(authority.toFile()).clientAuth(ClientAuth.REQUIRE);
        }
        tls = builder.build();
    }

    /** Listens. */
    public void start() {
        server = HttpServer.create()
                .runOn(threads)
                .bindAddress(() -> new InetSocketAddress(settings.address(), settings.port()))
                .secure(spec -> spec.sslContext(tls))
                .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_LINE))
                .idleTimeout(IDLE)
                .handle((request, response) -> {
                    ExternalMetrics.Answer answer =
                            metrics.answer(request.method().name(), request.uri());
                    return response.status(answer.status())
                            .header("content-type", "application/json")
                            .sendString(Mono.just(answer.body()));
                })
                .bindNow();
        LOG.atInfo().addKeyValue("port", port()).log("external metrics are served");
    }

    /** Port that it listens on; -1 before. */
    public int port() {
        DisposableServer running = server;
        return running == null ? -1 : running.port();
    }

    @Override
    public void close() {
        DisposableServer running = server;
        if (running != null) {
            running.disposeNow(STOP);
        }
        threads.disposeLater(Duration.ZERO, STOP).block(STOP.plusSeconds(1));
    }
}
