package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.scheduling.EndpointMetadata;
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
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The readings of one page of one endpoint. All methods run on the scraper's event loop. A listener that throws ends none. */
final class PageTarget {

    private static final Logger LOG = LoggerFactory.getLogger(PageTarget.class);
    private static final String NOT_ENCODED = "identity";

    private final PagePoller poller;
    private final MetricsScraper scraper;
    private final EndpointMetadata endpoint;
    private final List<ExtractedPage> pages;
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

    PageTarget(PagePoller poller, EndpointMetadata endpoint) {
        this.poller = poller;
        this.endpoint = endpoint;
        scraper = poller.scraper();
        pages = poller.pages(endpoint);
    }

    /** Reads now and then on and on until {@link #stop}. */
    void begin() {
        if (stopped) {
            return;
        }
        reading = true;
        answered = false;
        bytes = 0;
        pages.forEach(ExtractedPage::reset);
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
        ChannelFuture connecting = poller.bootstrap(this, endpoint).connect(address());
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
            return InetSocketAddress.createUnresolved(endpoint.host(), poller.port(endpoint));
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(literal), poller.port(endpoint));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("address of " + literal.length + " bytes (expected: 4 or 16)", e);
        }
    }

    private void send(Channel to) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.GET, poller.settings().path(), Unpooled.EMPTY_BUFFER);
        request.headers()
                .set(HttpHeaderNames.HOST, NetUtil.toSocketAddressString(endpoint.host(), poller.port(endpoint)))
                .set(HttpHeaderNames.ACCEPT, "text/plain, application/json;q=0.9");
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
            scraper.listener().failed(endpoint.id(), poller.source().type(), failure);
            if (failures == 1) {
                LOG.atWarn()
                        .addKeyValue("endpoint", endpoint.id())
                        .addKeyValue("plugin", poller.source().name())
                        .addKeyValue("reason", failure)
                        .log("a page of an endpoint cannot be read");
            }
        } finally {
            next();
        }
    }

    private void succeed() {
        reading = false;
        if (failures > 0) {
            failures = 0;
            LOG.atInfo()
                    .addKeyValue("endpoint", endpoint.id())
                    .addKeyValue("plugin", poller.source().name())
                    .log("a page of an endpoint can be read again");
        }
        if (!keepAlive) {
            closeChannel();
        }
        next();
    }

    /** Reads after the present pause, which may have become shorter. */
    void wake() {
        if (!reading) {
            next();
        }
    }

    private void next() {
        cancelTimer();
        if (!stopped) {
            timer = scraper.loop().schedule(this::begin, poller.delayNanos(failures), TimeUnit.NANOSECONDS);
        }
    }

    private void awaitAnswer() {
        cancelTimer();
        timer = scraper.loop()
                .schedule(this::timedOut, poller.settings().timeout().toNanos(), TimeUnit.NANOSECONDS);
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
        if (bytes > poller.settings().maxBytes()) {
            fail(Failure.TOO_LARGE);
            return;
        }
        while (content.isReadable()) {
            int length = Math.min(content.readableBytes(), transfer.length);
            content.readBytes(transfer, 0, length);
            for (ExtractedPage page : pages) {
                page.feed(transfer, 0, length);
            }
        }
    }

    /** A listener of the store that throws does not make the page a bad one. */
    private void end() {
        boolean isUsable = true;
        for (ExtractedPage page : pages) {
            try {
                isUsable &= page.finish(poller, endpoint);
            } catch (RuntimeException e) {
                LOG.atError()
                        .addKeyValue("endpoint", endpoint.id())
                        .addKeyValue("reason", e.getClass().getName())
                        .log("what a page says could not be passed on");
                LOG.atDebug().setCause(e).log("failure behind the page");
            }
        }
        if (isUsable) {
            succeed();
        } else {
            fail(Failure.INCOMPLETE);
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
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                boolean isOurs = context.channel() == channel && reading;
                if (isOurs && event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
                    fail(Failure.TLS);
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
            if (!response.headers()
                    .get(HttpHeaderNames.CONTENT_ENCODING, NOT_ENCODED)
                    .equalsIgnoreCase(NOT_ENCODED)) {
                fail(Failure.ENCODED);
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
