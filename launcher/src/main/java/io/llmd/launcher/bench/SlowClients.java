package io.llmd.launcher.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Clients that keep connections for nothing: some send a header byte by byte, others ask for a long stream and do not read it.
 * Whoever ends comes again: a sender that is hung up on, a reader after its time. One thread.
 */
final class SlowClients implements AutoCloseable {

    private static final int RECEIVE_BUFFER = 4 << 10;
    private static final long DRIP_MILLIS = 1_000;
    private static final long AGAIN_MILLIS = 100;

    /**
     * A reader does not see that it is hung up on, so it ends after a little more than the 30 s that a gateway gives one that
     * does not read.
     */
    private static final long READER_SECONDS = 32;

    private static final ByteBuf BEGINNING =
            constant("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ");
    private static final ByteBuf BYTE = constant("a");

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("bench-slow", true), NioIoHandler.newFactory());
    private final SourceAddresses sources;
    private final int port;
    private final LongAdder hungUpOn = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private volatile boolean closed;

    SlowClients(SourceAddresses sources, int port) {
        this.sources = sources;
        this.port = port;
    }

    /** Opens connections of both kinds, evenly over a time. */
    void start(int senders, int readers, Duration over) {
        int all = senders + readers;
        for (int i = 0; i < all; i++) {
            boolean reads = (long) (i + 1) * readers / all > (long) i * readers / all;
            loop.schedule(() -> connect(reads), over.toNanos() * i / all, TimeUnit.NANOSECONDS);
        }
    }

    /** How often a sender was hung up on. */
    long hungUpOn() {
        return hungUpOn.sum();
    }

    /** How often one could not connect. */
    long refused() {
        return refused.sum();
    }

    private void connect(boolean reads) {
        if (closed) {
            return;
        }
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000)
                .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                .option(ChannelOption.AUTO_READ, !reads)
                .handler(reads ? new Reader() : new Sender())
                .connect(new InetSocketAddress("127.0.0.1", port), sources.next())
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        refused.increment();
                        again(reads);
                    }
                });
    }

    private void again(boolean reads) {
        if (!closed) {
            loop.schedule(() -> connect(reads), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        closed = true;
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
    }

    private static ByteBuf constant(String text) {
        return Unpooled.unreleasableBuffer(
                Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII)).asReadOnly());
    }

    private abstract class Client extends ChannelInboundHandlerAdapter {
        private final boolean reads;

        Client(boolean reads) {
            this.reads = reads;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            again(reads);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    private final class Sender extends Client {
        private @Nullable Future<?> drip;

        Sender() {
            super(false);
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(BEGINNING.duplicate(), ctx.voidPromise());
            drip = ctx.executor()
                    .scheduleAtFixedRate(
                            () -> ctx.writeAndFlush(BYTE.duplicate(), ctx.voidPromise()),
                            DRIP_MILLIS,
                            DRIP_MILLIS,
                            TimeUnit.MILLISECONDS);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            Future<?> running = drip;
            if (running != null) {
                running.cancel(false);
            }
            hungUpOn.increment();
            super.channelInactive(ctx);
        }
    }

    private final class Reader extends Client {

        Reader() {
            super(true);
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.executor().schedule(() -> ctx.close(), READER_SECONDS, TimeUnit.SECONDS);
            byte[] body = ("{\"model\":\"" + Payloads.MODEL
                            + "\",\"stream\":true,\"max_tokens\":100,\"prompt\":\"Tell me a long story.\"}")
                    .getBytes(StandardCharsets.US_ASCII);
            ctx.writeAndFlush(
                    Unpooled.wrappedBuffer(
                            ("POST " + EndpointStub.LONG_STREAM
                                            + " HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                                            + "content-length: " + body.length + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII),
                            body),
                    ctx.voidPromise());
        }
    }
}
