package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Connections of one event loop. All methods but {@link #idleCount} run on that loop. Idle connections are bounded per
 * endpoint and by age; busy ones by the requests of clients, whose connections are bounded at the edge.
 */
final class UpstreamPool {

    private final Transport transport;
    private final UpstreamClient.Settings settings;
    private final UpstreamClient.Tls tls;
    private final Predicate<InetAddress> reachable;
    private final Bootstrap bootstrap;
    private final Map<String, ArrayDeque<UpstreamConnection>> idle = new HashMap<>();
    private volatile int idleCount;
    private boolean sweeping;

    UpstreamPool(
            Transport transport,
            UpstreamClient.Settings settings,
            UpstreamClient.Tls tls,
            Predicate<InetAddress> reachable) {
        this.transport = transport;
        this.reachable = reachable;
        this.tls = tls;
        this.settings = settings;
        this.bootstrap = new Bootstrap()
                .group(transport.loop())
                .channelFactory(new ReflectiveChannelFactory<>(transport.channelType()))
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.connectTimeout().toMillis())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        UpstreamDecoder decoder = new UpstreamDecoder(settings.maxHeaderBytes());
                        channel.pipeline()
                                .addLast(decoder, new UpstreamConnection(UpstreamPool.this, channel, decoder));
                    }
                });
    }

    /** An idle connection to the endpoint, the one used last, or {@code null}. */
    @Nullable
    UpstreamConnection poll(TargetEndpoint endpoint) {
        ArrayDeque<UpstreamConnection> connections = idle.get(endpoint.hostPort());
        while (connections != null && !connections.isEmpty()) {
            UpstreamConnection connection = connections.removeLast();
            idleCount--;
            if (connection.isUsable() && !isTooOld(connection)) {
                return connection;
            }
            connection.close();
        }
        return null;
    }

    /** A new connection. */
    Future<UpstreamConnection> connect(TargetEndpoint endpoint) {
        Promise<UpstreamConnection> connected = transport.loop().newPromise();
        Future<InetSocketAddress> address = HostResolver.resolve(endpoint.host(), endpoint.port(), transport.loop());
        if (address.isSuccess()) {
            connect(endpoint, address.getNow(), connected);
            return connected;
        }
        address.addListener((Future<InetSocketAddress> resolved) -> {
            if (resolved.isSuccess()) {
                connect(endpoint, resolved.getNow(), connected);
            } else {
                connected.tryFailure(resolved.cause());
            }
        });
        return connected;
    }

    private void connect(TargetEndpoint endpoint, InetSocketAddress address, Promise<UpstreamConnection> connected) {
        if (!reachable.test(address.getAddress())) {
            connected.tryFailure(new ConnectException("the address must not be contacted"));
            return;
        }
        ChannelFuture connecting = bootstrap.connect(address);
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                connected.tryFailure(done.cause());
                return;
            }
            UpstreamConnection connection = connecting.channel().pipeline().get(UpstreamConnection.class);
            connection.belongsTo(endpoint.hostPort());
            SslContext encryption = tls.of(endpoint);
            if (encryption == null) {
                ready(connection, connected);
            } else {
                encrypt(connecting.channel(), encryption, endpoint).addListener((Future<Channel> shaken) -> {
                    if (shaken.isSuccess()) {
                        ready(connection, connected);
                    } else {
                        connection.close();
                        connected.tryFailure(shaken.cause());
                    }
                });
            }
        });
    }

    private static void ready(UpstreamConnection connection, Promise<UpstreamConnection> connected) {
        if (!connected.trySuccess(connection)) {
            connection.close();
        }
    }

    private Future<Channel> encrypt(Channel channel, SslContext encryption, TargetEndpoint endpoint) {
        SslHandler handler = encryption.newHandler(channel.alloc(), endpoint.host(), endpoint.port());
        handler.setHandshakeTimeoutMillis(settings.connectTimeout().toMillis());
        channel.pipeline().addFirst(handler);
        return handler.handshakeFuture();
    }

    /** Keeps a connection for the next request. */
    void release(UpstreamConnection connection) {
        ArrayDeque<UpstreamConnection> connections =
                idle.computeIfAbsent(connection.hostPort(), key -> new ArrayDeque<>());
        if (connections.size() >= settings.maxIdlePerEndpoint()) {
            connection.close();
            return;
        }
        connections.addLast(connection);
        idleCount++;
        sweepLater();
    }

    /** A connection was closed while idle. */
    void forget(UpstreamConnection connection) {
        ArrayDeque<UpstreamConnection> connections = idle.get(connection.hostPort());
        if (connections != null && connections.remove(connection)) {
            idleCount--;
        }
    }

    int idleCount() {
        return idleCount;
    }

    void closeIdle(TargetEndpoint endpoint) {
        ArrayDeque<UpstreamConnection> connections = idle.remove(endpoint.hostPort());
        while (connections != null && !connections.isEmpty()) {
            idleCount--;
            connections.removeLast().close();
        }
    }

    void closeIdle() {
        idle.values().forEach(connections -> {
            while (!connections.isEmpty()) {
                idleCount--;
                connections.removeLast().close();
            }
        });
        idle.clear();
    }

    private boolean isTooOld(UpstreamConnection connection) {
        return System.nanoTime() - connection.idleSinceNanos()
                > settings.maxIdle().toNanos();
    }

    private void sweepLater() {
        if (sweeping) {
            return;
        }
        sweeping = true;
        transport.loop().schedule(this::sweep, settings.maxIdle().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void sweep() {
        sweeping = false;
        Iterator<ArrayDeque<UpstreamConnection>> all = idle.values().iterator();
        while (all.hasNext()) {
            ArrayDeque<UpstreamConnection> connections = all.next();
            while (!connections.isEmpty() && isTooOld(connections.peekFirst())) {
                idleCount--;
                connections.removeFirst().close();
            }
            if (connections.isEmpty()) {
                all.remove();
            }
        }
        if (!idle.isEmpty()) {
            sweepLater();
        }
    }
}
