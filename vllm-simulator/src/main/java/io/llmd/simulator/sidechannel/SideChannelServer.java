package io.llmd.simulator.sidechannel;

import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Listens for the questions of other engines. Thread-safe. */
public final class SideChannelServer implements AutoCloseable {
    private static final int MOST_CONNECTIONS = 1024;
    private static final int IDLE_SECONDS = 600;

    private final ChannelGroup connections;
    private final Channel listener;

    /** Answers questions. */
    @FunctionalInterface
    public interface Questions {
        /** Called on an event loop and must not block; {@code then} takes one response from any thread. */
        void answer(SideChannelRequest request, Consumer<SideChannelResponse> then);
    }

    private SideChannelServer(ChannelGroup connections, Channel listener) {
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * Starts to listen; returns when connections are accepted.
     *
     * @param port TCP port, 0 for a free one
     * @throws UncheckedIOException if the port cannot be bound
     */
    public static SideChannelServer start(String host, int port, EventLoopGroup eventLoops, Questions questions) {
        return start(
                host,
                port,
                eventLoops,
                pipeline -> pipeline.addLast(new LineBasedFrameDecoder(Lines.MOST_BYTES))
                        .addLast(new QuestionHandler(questions)));
    }

    /**
     * The same, and answers {@code GET /query} on the port, too.
     *
     * @param engines the JSON of that answer; called on an event loop and must not block
     */
    public static SideChannelServer startWithQuery(
            String host, int port, EventLoopGroup eventLoops, Questions questions, Supplier<byte[]> engines) {
        return start(host, port, eventLoops, pipeline -> pipeline.addLast(new ProtocolSwitch(questions, engines)));
    }

    private static SideChannelServer start(
            String host, int port, EventLoopGroup eventLoops, Consumer<ChannelPipeline> protocol) {
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
        ChannelFuture bound = new ServerBootstrap()
                .group(eventLoops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, connections, protocol);
                    }
                })
                .bind(host, port)
                .awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new UncheckedIOException(
                    "side channel cannot listen on " + host + ":" + port, new IOException(cause));
        }
        return new SideChannelServer(connections, bound.channel());
    }

    private static void accept(Channel channel, ChannelGroup connections, Consumer<ChannelPipeline> protocol) {
        if (connections.size() >= MOST_CONNECTIONS) {
            channel.close();
            return;
        }
        connections.add(channel);
        channel.pipeline().addLast(new IdleStateHandler(IDLE_SECONDS, 0, 0));
        protocol.accept(channel.pipeline());
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Stops listening and cuts all connections. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
