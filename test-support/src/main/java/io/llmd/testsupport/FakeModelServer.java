package io.llmd.testsupport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A model server on a real loopback socket that does as it is told: each request to an inference path takes the next
 * scripted {@link Reply}, or the default one when the script is used up. {@code GET /v1/models}, {@code /metrics} and
 * {@code /health} answer settable bodies and do not use up the script.
 *
 * <p>Thread-safe; one I/O thread of its own. It records every request of an inference path, and whether the other side
 * hung up before the scripted answer ended.
 */
public final class FakeModelServer implements AutoCloseable {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicInteger connectionCount = new AtomicInteger();
    private final Queue<Reply> script = new ConcurrentLinkedQueue<>();
    private final List<RecordedRequest> requests = new CopyOnWriteArrayList<>();
    private final List<RecordedRequest> probes = new CopyOnWriteArrayList<>();
    private final int port;
    private volatile Channel listener;
    private volatile Function<RecordedRequest, Reply> fallback = request ->
            request.text().contains("\"stream\":true") ? Reply.stream("Hello", " world") : Reply.chat("Hello world");
    private volatile Reply models = modelsReply(8192, "sim-8b");
    private volatile Reply metrics = Reply.json(200, "").header("content-type", "text/plain; version=0.0.4");
    private volatile Reply health = Reply.json(200, "");

    private FakeModelServer() {
        listener = listen(0);
        port = ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Starts a server on a free loopback port; it serves the model {@code sim-8b}. */
    public static FakeModelServer start() {
        return new FakeModelServer();
    }

    private Channel listen(int wantedPort) {
        return new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(new HttpRequestDecoder())
                                .addLast(new HttpObjectAggregator(256 << 20))
                                .addLast(new Connection(connectionCount.incrementAndGet()));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wantedPort))
                .syncUninterruptibly()
                .channel();
    }

    /** Loopback address as text. */
    public String host() {
        return "127.0.0.1";
    }

    /** TCP port; stays the same over {@link #refuseConnections()}. */
    public int port() {
        return port;
    }

    /** {@code host:port}. */
    public String hostPort() {
        return host() + ":" + port;
    }

    /** Answers the next requests with these replies, one each, in this order. */
    public FakeModelServer script(Reply... replies) {
        script.addAll(List.of(replies));
        return this;
    }

    /** Answers every request without a scripted reply with this one. */
    public FakeModelServer always(Reply reply) {
        fallback = request -> reply;
        return this;
    }

    /** Computes the answer of every request without a scripted reply; runs on the I/O thread. */
    public FakeModelServer answering(Function<RecordedRequest, Reply> replies) {
        fallback = replies;
        return this;
    }

    /** Names the served models; each one says {@code max_model_len} 8192. */
    public FakeModelServer models(String... ids) {
        return modelsReply(modelsReply(8192, ids));
    }

    /** Sets the answer of {@code GET /v1/models}. */
    public FakeModelServer modelsReply(Reply reply) {
        models = reply;
        return this;
    }

    /** Sets the body of {@code GET /metrics}. */
    public FakeModelServer metrics(String body) {
        return metricsReply(Reply.json(200, body).header("content-type", "text/plain; version=0.0.4"));
    }

    /** Sets the answer of {@code GET /metrics}. */
    public FakeModelServer metricsReply(Reply reply) {
        metrics = reply;
        return this;
    }

    /** Sets the answer of {@code GET /health}. */
    public FakeModelServer healthReply(Reply reply) {
        health = reply;
        return this;
    }

    /** Closes the listener and all connections: from now on connecting is refused. */
    public void refuseConnections() {
        listener.close().syncUninterruptibly();
        connections.close().awaitUninterruptibly();
    }

    /** Listens again on the same port. */
    public void acceptConnections() {
        listener = listen(port);
    }

    /** Closes all open connections; the listener stays. */
    public void dropConnections() {
        connections.close().awaitUninterruptibly();
    }

    /** Forgets script and recorded requests, as if just started. */
    public void reset() {
        script.clear();
        requests.clear();
        probes.clear();
    }

    /** Requests of inference paths, oldest first. */
    public List<RecordedRequest> requests() {
        return List.copyOf(requests);
    }

    /** Requests to {@code /v1/models}, {@code /metrics} and {@code /health}, oldest first. */
    public List<RecordedRequest> probes() {
        return List.copyOf(probes);
    }

    /** The newest request of an inference path. */
    public RecordedRequest lastRequest() {
        return requests.getLast();
    }

    /** Open connections. */
    public int openConnections() {
        return connections.size();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        connections.close().awaitUninterruptibly();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private static Reply modelsReply(int maxModelLength, String... ids) {
        StringBuilder list = new StringBuilder();
        for (String id : ids) {
            list.append(list.isEmpty() ? "" : ",")
                    .append(
                            "{\"id\":\"%s\",\"object\":\"model\",\"created\":1,\"owned_by\":\"vllm\",\"max_model_len\":%d}"
                                    .formatted(id, maxModelLength));
        }
        return Reply.json(200, "{\"object\":\"list\",\"data\":[" + list + "]}");
    }

    private Reply replyTo(RecordedRequest request) {
        String path = request.uri().split("\\?", 2)[0];
        switch (path) {
            case "/v1/models" -> {
                probes.add(request);
                return models;
            }
            case "/metrics" -> {
                probes.add(request);
                return metrics;
            }
            case "/health" -> {
                probes.add(request);
                return health;
            }
            default -> {
                Reply scripted = script.poll();
                requests.add(request);
                return scripted == null ? fallback.apply(request) : scripted;
            }
        }
    }

    /** One accepted connection; answers its requests one after the other. */
    private final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {

        private final int number;
        private final Queue<RecordedRequest> waiting = new ArrayDeque<>();
        private @Nullable RecordedRequest current;
        private @Nullable Reply reply;
        private int nextPiece;
        private boolean blocked;

        Connection(int number) {
            this.number = number;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest message) {
            byte[] body = new byte[message.content().readableBytes()];
            message.content().readBytes(body);
            List<Map.Entry<String, String>> headers = message.headers().entries();
            waiting.add(new RecordedRequest(message.method().name(), message.uri(), headers, body, number));
            startNext(ctx);
        }

        private void startNext(ChannelHandlerContext ctx) {
            if (current != null || waiting.isEmpty()) {
                return;
            }
            RecordedRequest request = waiting.remove();
            current = request;
            Reply chosen = replyTo(request);
            reply = chosen;
            nextPiece = 0;
            after(ctx, chosen.delay(), () -> {
                write(ctx, chosen.head());
                sendPieces(ctx, chosen);
            });
        }

        private void sendPieces(ChannelHandlerContext ctx, Reply script) {
            blocked = false;
            while (nextPiece < script.sentPieces()) {
                if (!ctx.channel().isWritable()) {
                    blocked = true;
                    ctx.flush();
                    return;
                }
                write(ctx, script.wirePiece(nextPiece++));
                if (!script.gap().isZero()) {
                    ctx.flush();
                    after(ctx, script.gap(), () -> sendPieces(ctx, script));
                    return;
                }
            }
            end(ctx, script);
        }

        private void end(ChannelHandlerContext ctx, Reply script) {
            Reply.Cut cut = script.cut();
            if (cut == Reply.Cut.STALL) {
                ctx.flush();
                return;
            }
            if (cut == null || cut == Reply.Cut.END) {
                write(ctx, script.tail());
            }
            RecordedRequest request = current;
            if (request != null) {
                request.markAnswered();
            }
            current = null;
            reply = null;
            if (cut == Reply.Cut.RESET) {
                ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
            }
            var flushed = ctx.writeAndFlush(Unpooled.EMPTY_BUFFER);
            if (script.isClosing() || cut == Reply.Cut.RESET || cut == Reply.Cut.CLOSE) {
                flushed.addListener(ChannelFutureListener.CLOSE);
            } else {
                startNext(ctx);
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            Reply script = reply;
            if (blocked && script != null && ctx.channel().isWritable()) {
                sendPieces(ctx, script);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            RecordedRequest request = current;
            if (request != null) {
                request.markAborted();
            }
            current = null;
            reply = null;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        private void after(ChannelHandlerContext ctx, Duration wait, Runnable step) {
            if (wait.isZero()) {
                step.run();
                return;
            }
            ctx.executor()
                    .schedule(
                            () -> {
                                if (ctx.channel().isActive()) {
                                    step.run();
                                }
                            },
                            wait.toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        private static void write(ChannelHandlerContext ctx, byte[] bytes) {
            if (bytes.length > 0) {
                ctx.write(Unpooled.wrappedBuffer(bytes));
            }
        }
    }
}
