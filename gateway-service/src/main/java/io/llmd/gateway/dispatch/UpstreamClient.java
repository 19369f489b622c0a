package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to endpoints over HTTP/1.1 with kept-alive connections.
 *
 * <p>Each event loop has a pool of its own, so that nothing is shared or locked between them. A connection carries one
 * request at a time. When a reused connection turns out to be closed before a byte of the answer came, the request is
 * sent once more on a fresh one: the endpoint closed it while idle.
 */
public final class UpstreamClient implements AutoCloseable {

    /**
     * @param connectTimeout for a connection to be established
     * @param maxIdle how long an idle connection is kept; below the endpoints' own keep-alive time
     * @param maxHeaderBytes head of an answer at most
     * @param maxIdlePerEndpoint idle connections kept per endpoint and event loop
     */
    public record Settings(Duration connectTimeout, Duration maxIdle, int maxHeaderBytes, int maxIdlePerEndpoint) {}

    /** Which connections are encrypted. */
    @FunctionalInterface
    public interface Tls {

        /** None. */
        Tls NONE = endpoint -> null;

        /** How to connect to an endpoint; {@code null} for without encryption. Called on event loops, must not block. */
        @Nullable
        SslContext of(TargetEndpoint endpoint);
    }

    private final Settings settings;
    private final Tls tls;
    private final Predicate<InetAddress> reachable;
    private final Map<EventLoop, UpstreamPool> pools = new ConcurrentHashMap<>();

    public UpstreamClient(Settings settings) {
        this(settings, Tls.NONE);
    }

    public UpstreamClient(Settings settings, Tls tls) {
        this(settings, tls, address -> true);
    }

    /**
     * @param reachable addresses that may be contacted; a host that is at another one cannot be connected to
     */
    public UpstreamClient(Settings settings, Tls tls, Predicate<InetAddress> reachable) {
        this.settings = settings;
        this.tls = tls;
        this.reachable = reachable;
    }

    /**
     * Sends a request; to be called on the transport's event loop. The listener may be called before this returns only
     * with a failure.
     */
    public UpstreamCall send(
            Transport transport, TargetEndpoint endpoint, UpstreamRequest request, UpstreamListener listener) {
        UpstreamExchange exchange = new UpstreamExchange(pool(transport), endpoint, request, listener);
        exchange.start();
        return exchange;
    }

    /** Connections that are open and unused, over all event loops. */
    public int idleConnections() {
        return pools.values().stream().mapToInt(UpstreamPool::idleCount).sum();
    }

    /** Closes the idle connections to an endpoint; to be called on the transport's event loop. */
    void closeIdle(Transport transport, TargetEndpoint endpoint) {
        pool(transport).closeIdle(endpoint);
    }

    /** Closes idle connections; those in use end with their requests. */
    @Override
    public void close() {
        pools.forEach((loop, pool) -> {
            if (!loop.isShuttingDown()) {
                loop.execute(pool::closeIdle);
            }
        });
    }

    private UpstreamPool pool(Transport transport) {
        UpstreamPool pool = pools.get(transport.loop());
        return pool == null
                ? pools.computeIfAbsent(transport.loop(), loop -> new UpstreamPool(transport, settings, tls, reachable))
                : pool;
    }
}
