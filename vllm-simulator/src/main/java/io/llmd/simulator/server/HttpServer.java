package io.llmd.simulator.server;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.token.Tokenizer;
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
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One endpoint on its port. */
public final class HttpServer implements AutoCloseable {
    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(16 << 10, 64 << 10);

    private final Endpoint endpoint;
    private final Channel listener;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    private HttpServer(Endpoint endpoint, SimulatorRuntime runtime) {
        this.endpoint = endpoint;
        listener = bind(runtime);
    }

    /**
     * Starts an endpoint and returns when it accepts connections.
     *
     * @throws UncheckedIOException if the port cannot be bound
     * @throws IllegalArgumentException if the files of a tokenizer are missing or cannot be read
     * @throws IllegalStateException if the native code of a tokenizer does not load
     */
    public static HttpServer start(SimulatorSettings settings, SimulatorRuntime runtime) {
        Tokenizer tokenizer = runtime.tokenizers().get(settings.tokenizer());
        Endpoint endpoint = new Endpoint(settings, tokenizer, runtime, Instant.now());
        try {
            return new HttpServer(endpoint, runtime);
        } catch (RuntimeException e) {
            endpoint.close();
            throw e;
        }
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Its settings. */
    public SimulatorSettings settings() {
        return endpoint.settings();
    }

    /** The engine's state after its last step; any thread. */
    public EngineSnapshot statistics() {
        return endpoint.statistics();
    }

    /** Where it publishes KV events; null if it does not. */
    public @Nullable KvEventPublisher kvEvents() {
        return endpoint.kvEvents();
    }

    /** The faults that are set; any thread. */
    public Faults faults() {
        return endpoint.faults().get();
    }

    /** Changes the faults; any thread. */
    public Faults faults(UnaryOperator<Faults> change) {
        return endpoint.faults().set(change);
    }

    /** Stops listening and cuts all connections; their requests are aborted. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        endpoint.close();
    }

    private Channel bind(SimulatorRuntime runtime) {
        SimulatorSettings settings = endpoint.settings();
        ChannelFuture bound = new ServerBootstrap()
                .group(runtime.eventLoops())
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(new IdleStateHandler(
                                        0, 0, settings.idleTimeout().toMillis(), TimeUnit.MILLISECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(settings.maxBodyBytes()))
                                .addLast(new ConnectionHandler(endpoint));
                    }
                })
                .bind(settings.host(), settings.port())
                .awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new UncheckedIOException(
                    "cannot listen on " + settings.host() + ":" + settings.port(), new IOException(cause));
        }
        return bound.channel();
    }
}
