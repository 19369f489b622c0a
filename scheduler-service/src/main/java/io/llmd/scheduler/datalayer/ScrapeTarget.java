package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The readings of one endpoint. All methods run on the scraper's event loop. A listener that throws ends no reading. */
final class ScrapeTarget {

    private final MetricsScraper scraper;
    private final EndpointMetadata endpoint;
    private final VllmMetricsReader reader = new VllmMetricsReader();
    private final byte[] transfer = new byte[8192];
    private @Nullable Channel channel;
    private @Nullable Future<?> timer;
    private boolean stopped;
    private boolean reading;
    private boolean keepAlive;
    private boolean answered;
    private boolean reused;
    private int bytes;
    private int failures;
    private double startTime = Double.NaN;

    ScrapeTarget(MetricsScraper scraper, EndpointMetadata endpoint) {
        this.scraper = scraper;
        this.endpoint = endpoint;
    }

    /** Reads now and then on and on until {@link #stop}. */
    void begin() {
        if (stopped) {
            return;
        }
        reading = true;
        answered = false;
        bytes = 0;
        reader.reset();
        Channel open = channel;
        reused = open != null && open.isActive();
        if (open != null && reused) {
            awaitAnswer();
            send(open);
            return;
        }
        connect();
    }

    void stop() {
        stopped = true;
        reading = false;
        cancelTimer();
        closeChannel();
    }

    private void connect() {
        ChannelFuture connecting = scraper.bootstrap(this).connect(address());
        Channel connected = connecting.channel();
        channel = connected;
        awaitAnswer();
        connecting.addListener(done -> {
            if (connected != channel || stopped) {
                connected.close();
            } else if (done.isSuccess()) {
                send(connected);
            } else {
                fail(Failure.CONNECT);
            }
        });
    }

    /** Never looks a name up itself: that is the resolver's work, on the event loop and without blocking it. */
    private InetSocketAddress address() {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(endpoint.host());
        if (literal == null) {
            return InetSocketAddress.createUnresolved(endpoint.host(), endpoint.metricsPort());
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(literal), endpoint.metricsPort());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("address of " + literal.length + " bytes (expected: 4 or 16)", e);
        }
    }

    private void send(Channel to) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.GET, scraper.settings().path(), Unpooled.EMPTY_BUFFER);
        request.headers()
                .set(HttpHeaderNames.HOST, NetUtil.toSocketAddressString(endpoint.host(), endpoint.metricsPort()))
                .set(HttpHeaderNames.ACCEPT, "text/plain");
        to.writeAndFlush(request).addListener(done -> {
            if (!done.isSuccess() && to == channel && reading) {
                closed();
            }
        });
    }

    private void timedOut() {
        if (reading) {
            fail(Failure.TIMEOUT);
        }
    }

    /** A kept connection that the server has closed meanwhile says nothing about the server: try a new one. */
    private void closed() {
        if (reused && !answered) {
            reused = false;
            closeChannel();
            connect();
        } else {
            fail(Failure.CLOSED);
        }
    }

    private void fail(Failure failure) {
        reading = false;
        failures++;
        closeChannel();
        try {
            scraper.failed(endpoint, failure, failures);
        } finally {
            next();
        }
    }

    private void succeed(EndpointMetrics metrics) {
        reading = false;
        try {
            publish(metrics);
        } finally {
            if (!keepAlive) {
                closeChannel();
            }
            next();
        }
    }

    private void publish(EndpointMetrics metrics) {
        if (failures > 0) {
            failures = 0;
            scraper.recovered(endpoint);
        }
        double started = reader.startTime();
        if (!Double.isNaN(started)) {
            boolean isRestarted = !Double.isNaN(startTime) && started != startTime;
            startTime = started;
            if (isRestarted) {
                scraper.store().restarted(endpoint);
            }
        }
        scraper.store().update(endpoint, metrics);
    }

    private void next() {
        cancelTimer();
        if (!stopped) {
            timer = scraper.loop().schedule(this::begin, scraper.delayNanos(failures), TimeUnit.NANOSECONDS);
        }
    }

    private void awaitAnswer() {
        cancelTimer();
        timer = scraper.loop()
                .schedule(this::timedOut, scraper.settings().timeout().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void cancelTimer() {
        Future<?> waiting = timer;
        if (waiting != null) {
            waiting.cancel(false);
            timer = null;
        }
    }

    private void closeChannel() {
        Channel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }

    private void body(ByteBuf content) {
        bytes += content.readableBytes();
        if (bytes > scraper.settings().maxBytes()) {
            fail(Failure.TOO_LARGE);
            return;
        }
        while (content.isReadable()) {
            int length = Math.min(content.readableBytes(), transfer.length);
            content.readBytes(transfer, 0, length);
            reader.feed(transfer, 0, length);
        }
    }

    private void end() {
        EndpointMetrics metrics = reader.finish(scraper.nanoTime());
        if (metrics == null) {
            fail(Failure.INCOMPLETE);
        } else {
            succeed(metrics);
        }
    }

    /** A new handler for a new connection; what arrives on an old one is ignored. */
    SimpleChannelInboundHandler<HttpObject> handler() {
        return new SimpleChannelInboundHandler<>() {
            @Override
            protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
                if (context.channel() == channel && reading) {
                    received(message);
                }
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                if (context.channel() == channel && reading) {
                    closed();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                context.close();
            }
        };
    }

    private void received(HttpObject message) {
        answered = true;
        if (message.decoderResult().isFailure()) {
            fail(Failure.CLOSED);
            return;
        }
        if (message instanceof HttpResponse response) {
            keepAlive = HttpUtil.isKeepAlive(response);
            if (response.status().code() != 200) {
                fail(Failure.STATUS);
                return;
            }
        }
        if (message instanceof HttpContent content) {
            body(content.content());
        }
        if (reading && message instanceof LastHttpContent) {
            end();
        }
    }
}
