package io.llmd.autoscaler.actuator;

import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
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
     * @param tls what it shows, and who may ask
     */
    public record Settings(String address, int port, TlsFiles tls) {}

    private final ExternalMetrics metrics;
    private final Settings settings;
    private final ServingTls tls;
    private final SslContext context;
    private final LoopResources threads = LoopResources.create("external-metrics", 1, true);
    private @Nullable DisposableServer server;

    /**
     * A server that does not listen yet.
     *
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file cannot be used
     */
    public ExternalMetricsServer(Settings settings, ExternalMetrics metrics)
            throws IOException, GeneralSecurityException {
        this.settings = settings;
        this.metrics = metrics;
        tls = new ServingTls(settings.tls());
        context = tls.context().build();
    }

    /** Listens. */
    public void start() {
        server = HttpServer.create()
                .runOn(threads)
                .bindAddress(() -> new InetSocketAddress(settings.address(), settings.port()))
                .secure(spec -> spec.sslContext(context))
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

    /** When the certificate that is shown now ends. */
    public Optional<Instant> certificateEnd() {
        return Optional.of(tls.end());
    }

    @Override
    public void close() {
        DisposableServer running = server;
        if (running != null) {
            running.disposeNow(STOP);
        }
        tls.close();
        threads.disposeLater(Duration.ZERO, STOP).block(STOP.plusSeconds(1));
    }
}
