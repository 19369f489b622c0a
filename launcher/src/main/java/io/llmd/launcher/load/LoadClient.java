package io.llmd.launcher.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 client of servers that take requests in turn, on one event loop, with keep-alive connections of one request at a time. One loop sends
 * and receives some ten thousand events per second on a common core; its own lateness shows when that is too little.
 */
final class LoadClient implements AutoCloseable {

    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    private final List<Route> routes;
    private final Predicate<Target> serving;
    private final Duration timeout;
    private final int maxConnections;
    private final LongSupplier nanoClock;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Set<Connection> open = new LinkedHashSet<>();
    private final Set<ChannelFuture> connecting = new LinkedHashSet<>();
    private int turn;
    private boolean closed;

    /** A server, how to connect to it, and its connections that wait for a request. */
    private record Route(Target target, Bootstrap bootstrap, Deque<Connection> idle) {}

    LoadClient(
            List<Target> targets,
            Predicate<Target> serving,
            Duration timeout,
            int maxConnections,
            LongSupplier nanoClock) {
        this.serving = serving;
        this.timeout = timeout;
        this.maxConnections = maxConnections;
        this.nanoClock = nanoClock;
        group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("llmd-load", true), NioIoHandler.newFactory());
        loop = group.next();
        routes = targets.stream()
                .map(target -> new Route(target, bootstrap(target), new ArrayDeque<>()))
                .toList();
    }

    private Bootstrap bootstrap(Target target) {
        SslContext tls = target.isSecure() ? tls() : null;
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .remoteAddress(new InetSocketAddress(target.host(), target.port()))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        pipeline(channel, target, tls);
                    }
                });
    }

    private static SslContext tls() {
        try {
            return SslContextBuilder.forClient().build();
        } catch (SSLException e) {
            throw new IllegalStateException("TLS is not available", e);
        }
    }

    private void pipeline(Channel channel, Target target, @Nullable SslContext tls) {
        if (tls != null) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc(), target.host(), target.port()));
        }
        channel.pipeline().addLast(new HttpClientCodec());
        channel.pipeline().addLast(new Connection(this, channel, target));
    }

    long now() {
        return nanoClock.getAsLong();
    }

    /** Sends a request; every outcome, also that of a full client, is told to the exchange. Any thread. */
    void send(Exchange exchange) {
        loop.execute(() -> {
            exchange.taken(now());
            dispatch(exchange);
        });
    }

    /** Runs something where exchanges run, and waits for it. */
    <T> T onLoop(Callable<T> task) throws InterruptedException {
        return loop.submit(task).sync().getNow();
    }

    private void dispatch(Exchange exchange) {
        Route route = nextRoute();
        Connection connection = route.idle().pollFirst();
        if (connection != null) {
            connection.start(exchange, timeout);
            return;
        }
        connect(exchange, route);
    }

    /** The next one that serves; the next one at all while none does. */
    private Route nextRoute() {
        for (int i = 0; i < routes.size(); i++) {
            Route route = routes.get((turn + i) % routes.size());
            if (serving.test(route.target())) {
                turn = (turn + i + 1) % routes.size();
                return route;
            }
        }
        Route route = routes.get(turn);
        turn = (turn + 1) % routes.size();
        return route;
    }

    private void connect(Exchange exchange, Route route) {
        if (closed) {
            exchange.failed("unfinished", now());
        } else if (open.size() + connecting.size() >= maxConnections) {
            exchange.failed("client_connection_limit", now());
        } else {
            ChannelFuture connected = route.bootstrap().connect();
            connecting.add(connected);
            connected.addListener(future -> connected(exchange, connected));
        }
    }

    private void connected(Exchange exchange, ChannelFuture future) {
        connecting.remove(future);
        if (!future.isSuccess()) {
            exchange.failed(closed ? "unfinished" : "connect_failed", now());
            return;
        }
        Connection connection = future.channel().pipeline().get(Connection.class);
        if (connection == null) {
            exchange.failed("connection_closed", now());
            return;
        }
        open.add(connection);
        connection.start(exchange, timeout);
    }

    /** A kept connection turned out to be closed before it answered: the request never counted for the server. */
    void again(Exchange exchange, Target target) {
        connect(exchange, routeOf(target));
    }

    void release(Connection connection) {
        routeOf(connection.target()).idle().addFirst(connection);
    }

    void gone(Connection connection) {
        open.remove(connection);
        routeOf(connection.target()).idle().remove(connection);
    }

    private Route routeOf(Target target) {
        return routes.stream()
                .filter(route -> route.target().equals(target))
                .findFirst()
                .orElseThrow();
    }

    boolean isClosed() {
        return closed;
    }

    /** Takes nothing more and breaks off what is still running, telling each exchange {@code unfinished}. */
    void abort() throws InterruptedException {
        onLoop(() -> {
            closed = true;
            Set.copyOf(connecting).forEach(future -> future.cancel(false));
            Set.copyOf(open).forEach(Connection::abort);
            return true;
        });
    }

    @Override
    public void close() throws InterruptedException {
        abort();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).sync();
    }
}
