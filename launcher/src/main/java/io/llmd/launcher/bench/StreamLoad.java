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
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a number of streams open, each answered by one endpoint, the next request leaving when a stream has ended.
 * Streams start evenly spread, so that they do not run in step. One thread.
 */
final class StreamLoad implements AutoCloseable {
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("bench-streams", true), NioIoHandler.newFactory());
    private final LongAdder events = new LongAdder();
    private final LongAdder streams = new LongAdder();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

    private StreamLoad() {}

    /** Starts the streams over a time; outputs are of so many tokens. */
    static StreamLoad start(List<Integer> ports, int streams, int tokens, Duration over) {
        StreamLoad load = new StreamLoad();
        for (int i = 0; i < streams; i++) {
            int port = ports.get(i % ports.size());
            byte[] body = ("{\"model\":\"sim-8b\",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":" + tokens
                            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me story number " + i + ".\"}]}")
                    .getBytes(StandardCharsets.UTF_8);
            load.loop.schedule(() -> load.open(port, body), over.toNanos() * i / streams, TimeUnit.NANOSECONDS);
        }
        return load;
    }

    /** Events received so far. */
    long events() {
        return events.sum();
    }

    /** Streams that ended as they should. */
    long completed() {
        return streams.sum();
    }

    /** What went wrong first, in one line; null if nothing did. */
    @Nullable
    String failure() {
        return failure.get();
    }

    private void open(int port, byte[] body) {
        byte[] head = ("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                        + "content-length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuf request = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(head, body));
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Stream(request))
                .connect(new InetSocketAddress("127.0.0.1", port))
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        failure.compareAndSet(null, String.valueOf(connected.cause()));
                    }
                });
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }

    private final class Stream extends ChannelInboundHandlerAdapter {
        private final ByteBuf request;
        private final ResponseScanner scanner = new ResponseScanner();

        Stream(ByteBuf request) {
            this.request = request;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context);
        }

        private void send(ChannelHandlerContext context) {
            scanner.reset();
            context.writeAndFlush(request.duplicate(), context.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf in = (ByteBuf) message;
            try {
                ResponseScanner.Progress progress = scanner.feed(in);
                events.add(scanner.takeNewEvents());
                switch (progress) {
                    case MORE -> {
                        // the stream goes on
                    }
                    case COMPLETE -> complete(context);
                    case BROKEN -> failure.compareAndSet(null, "not an HTTP/1.1 response");
                }
            } finally {
                in.release();
            }
        }

        private void complete(ChannelHandlerContext context) {
            if (scanner.status() == 200 && scanner.isDone()) {
                streams.increment();
                send(context);
            } else {
                failure.compareAndSet(null, "status " + scanner.status() + ", [DONE] " + scanner.isDone());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failure.compareAndSet(null, cause.toString());
            context.close();
        }
    }
}
