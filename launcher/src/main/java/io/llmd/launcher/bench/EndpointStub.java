package io.llmd.launcher.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import reactor.netty.resources.LoopResources;

/**
 * Model servers that cost next to nothing: each answers chat requests with prepared bytes, and metrics and models as
 * vLLM does. All of them run on one event-loop thread.
 */
final class EndpointStub implements AutoCloseable {

    /** Whoever asks here gets a stream that is longer than all buffers on its way, as fast as it is taken. */
    static final String LONG_STREAM = "/v1/completions";

    static final int LONG_STREAM_EVENTS = 100_000;

    /** Bytes of such a stream that the system takes. */
    static final int LONG_STREAM_BUFFER = 64 << 10;

    private final LoopResources loops = LoopResources.create("bench-endpoint", 1, true);
    private final EventLoopGroup group = loops.onServer(true);
    private final List<Channel> servers = new ArrayList<>();
    private final Responses responses = new Responses();
    private volatile long paceNanos;
    private volatile boolean streamed;
    private volatile boolean stamped;
    private volatile boolean held;
    private Histogram lag = newHistogram();

    /** Prepared responses, shared by all connections and never released. */
    static final class Responses {
        final ByteBuf answer = response("application/json", Payloads.answer());
        final ByteBuf notFound = Payloads.prepared(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        final ByteBuf healthy = response("text/plain", new byte[0]);
        final ByteBuf models = response(
                "application/json",
                ascii("{\"object\":\"list\",\"data\":[{\"id\":\"" + Payloads.MODEL
                        + "\",\"object\":\"model\",\"created\":1767225600,\"owned_by\":\"vllm\",\"root\":\""
                        + Payloads.MODEL
                        + "\",\"parent\":null,\"max_model_len\":131072}]}"));
        final ByteBuf metrics = response("text/plain; version=0.0.4; charset=utf-8", ascii(metricsPage()));
        final ByteBuf streamHead =
                Payloads.prepared(ascii("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                        + "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"));
        final ByteBuf event = Payloads.prepared(chunk(Payloads.event(false)));
        final ByteBuf lastEvent = Payloads.prepared(chunk(Payloads.event(true)));
        final ByteBuf streamEnd = Payloads.prepared(concat(chunk(ascii("data: [DONE]\n\n")), ascii("0\r\n\r\n")));

        /** An event with a stamp of its own. */
        ByteBuf stamped(ByteBufAllocator memory, int number, long dueNanos, boolean last) {
            ByteBuf prepared = last ? lastEvent : event;
            ByteBuf copy = memory.buffer(prepared.readableBytes()).writeBytes(prepared.duplicate());
            // After the size of its chunk, in two hexadecimal digits, and a line end.
            EventStamp.write(copy, copy.readerIndex() + 4, number, dueNanos);
            return copy;
        }

        private static ByteBuf response(String type, byte[] body) {
            return Payloads.prepared(concat(
                    ascii("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length
                            + "\r\n\r\n"),
                    body));
        }

        private static byte[] chunk(byte[] data) {
            return concat(concat(ascii(Integer.toHexString(data.length) + "\r\n"), data), ascii("\r\n"));
        }

        private static byte[] concat(byte[] a, byte[] b) {
            byte[] joined = new byte[a.length + b.length];
            System.arraycopy(a, 0, joined, 0, a.length);
            System.arraycopy(b, 0, joined, a.length, b.length);
            return joined;
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }

        private static String metricsPage() {
            String model = "{engine=\"0\",model_name=\"" + Payloads.MODEL + "\"} ";
            return "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running" + model + "0.0\n"
                    + "# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting" + model + "0.0\n"
                    + "# TYPE vllm:kv_cache_usage_perc gauge\nvllm:kv_cache_usage_perc" + model + "0.05\n"
                    + "# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{block_size=\"16\",engine=\"0\","
                    + "num_gpu_blocks=\"19208\"} 1.0\n";
        }
    }

    /** Starts this many endpoints on free loopback ports. */
    static EndpointStub start(int endpoints) {
        EndpointStub stub = new EndpointStub();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(stub.group)
                .channel(stub.loops.onChannelClass(ServerSocketChannel.class, stub.group))
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpRequestDecoder())
                                .addLast(new EndpointStubHandler(stub, stub.responses));
                    }
                });
        for (int i = 0; i < endpoints; i++) {
            stub.servers.add(bootstrap
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly()
                    .channel());
        }
        return stub;
    }

    List<Integer> ports() {
        return servers.stream()
                .map(server -> ((InetSocketAddress) server.localAddress()).getPort())
                .toList();
    }

    /**
     * Whether requests are answered with streams from now on. Nothing in a request tells: some proxies write its body anew, its
     * members in another order.
     */
    void streamed(boolean answers) {
        streamed = answers;
    }

    boolean isStreamed() {
        return streamed;
    }

    /** Whether each event says from now on which one of its stream it is, and when it was due: see {@link EventStamp}. */
    void stamped(boolean stamps) {
        stamped = stamps;
    }

    boolean isStamped() {
        return stamped;
    }

    /** Whether streams stand still from now on, so that no request ends. Concerns paced streams only. */
    void hold(boolean still) {
        held = still;
    }

    boolean isHeld() {
        return held;
    }

    /** Time between two events of one stream from now on; zero for as fast as they are taken. */
    void pace(Duration pace) {
        paceNanos = pace.toNanos();
    }

    long paceNanos() {
        return paceNanos;
    }

    /** How late an event left; on the event loop only. */
    void recordLag(long nanos) {
        lag.recordValue(Math.max(0, nanos));
    }

    /** How late events have left since the last call, and starts anew. */
    Histogram takeLag() {
        return group.next()
                .submit(() -> {
                    Histogram taken = lag;
                    lag = newHistogram();
                    return taken;
                })
                .syncUninterruptibly()
                .getNow();
    }

    private static Histogram newHistogram() {
        Histogram histogram = new Histogram(2);
        histogram.setAutoResize(true);
        return histogram;
    }

    @Override
    public void close() {
        servers.forEach(Channel::close);
        loops.dispose();
    }
}
