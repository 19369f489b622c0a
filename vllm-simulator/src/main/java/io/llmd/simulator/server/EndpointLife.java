package io.llmd.simulator.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** An endpoint from its start to its end or death, with its sockets. */
final class EndpointLife implements AutoCloseable {
    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(16 << 10, 64 << 10);

    private final Endpoint endpoint;
    private final Channel listener;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /**
     * Listens; closes the endpoint if that fails.
     *
     * @throws UncheckedIOException if the port cannot be bound
     */
    EndpointLife(Endpoint endpoint, SimulatorRuntime runtime, int port) {
        this.endpoint = endpoint;
        try {
            listener = bind(runtime, port);
        } catch (RuntimeException e) {
            endpoint.close();
            throw e;
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** The port it listens on. */
    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Stops listening and cuts all connections; their requests are aborted. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        endpoint.close();
    }

    private Channel bind(SimulatorRuntime runtime, int port) {
        String host = endpoint.settings().host();
        ChannelFuture bound = new ServerBootstrap()
                .group(runtime.eventLoops())
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .childHandler(new Connections())
                .bind(host, port)
                .awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new UncheckedIOException("cannot listen on " + host + ":" + port, new IOException(cause));
        }
        return bound.channel();
    }

    /** Prepares each connection. */
    private final class Connections extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            connections.add(channel);
            Duration idle = endpoint.settings().idleTimeout();
            channel.pipeline()
                    .addLast(new IdleStateHandler(0, 0, idle.toMillis(), TimeUnit.MILLISECONDS))
                    .addLast(new HttpServerCodec())
                    .addLast(new HttpObjectAggregator(endpoint.settings().maxBodyBytes()))
                    .addLast(new ConnectionHandler(endpoint));
        }
    }
}
