package io.llmd.launcher.load;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection and the exchange on it. All methods run on the event loop. */
final class Connection extends SimpleChannelInboundHandler<HttpObject> {

    private final LoadClient client;
    private final Channel channel;
    private final Target target;
    private @Nullable Exchange exchange;
    private @Nullable Future<?> timer;
    private boolean reused;
    private boolean keepAlive;

    Connection(LoadClient client, Channel channel, Target target) {
        this.client = client;
        this.channel = channel;
        this.target = target;
    }

    Target target() {
        return target;
    }

    void start(Exchange next, Duration timeout) {
        exchange = next;
        timer = channel.eventLoop().schedule(() -> fail("timeout"), timeout.toMillis(), TimeUnit.MILLISECONDS);
        DefaultFullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.POST,
                target.chatPath(),
                Unpooled.wrappedBuffer(next.request().body()));
        request.headers()
                .set(HttpHeaderNames.HOST, target.authority())
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.ACCEPT, next.request().streamed() ? "text/event-stream" : "application/json")
                .set(HttpHeaderNames.CONTENT_LENGTH, next.request().body().length);
        if (target.key() != null) {
            request.headers().set(HttpHeaderNames.AUTHORIZATION, "Bearer " + target.key());
        }
        target.headers().forEach((name, value) -> request.headers().set(name, value));
        next.request().headers().forEach((name, value) -> request.headers().set(name, value));
        channel.writeAndFlush(request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        Exchange current = exchange;
        if (message.decoderResult().isFailure() || current == null) {
            fail("malformed_response");
            return;
        }
        if (message instanceof HttpResponse response) {
            if (response.status().code() < 200) {
                return;
            }
            keepAlive = HttpUtil.isKeepAlive(response);
            current.head(response.status().code(), response.headers());
        }
        if (message instanceof HttpContent content && current.headSeen()) {
            current.content(content.content(), client.now());
        }
        if (message instanceof LastHttpContent && current.headSeen()) {
            end(current);
        }
    }

    private void end(Exchange current) {
        settle();
        if (keepAlive && channel.isActive() && !client.isClosed()) {
            reused = true;
            client.release(this);
        } else {
            channel.close();
        }
        current.ended(client.now());
    }

    private void settle() {
        exchange = null;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** Breaks the exchange off. */
    void abort() {
        fail("unfinished");
    }

    private void fail(String reason) {
        Exchange current = exchange;
        settle();
        client.gone(this);
        channel.close();
        if (current != null) {
            current.failed(reason, client.now());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IllegalStateException) {
            fail("answer_too_large");
        } else {
            closed();
        }
    }

    private void closed() {
        Exchange current = exchange;
        if (current != null && reused && !current.headSeen() && !client.isClosed()) {
            settle();
            client.gone(this);
            channel.close();
            client.again(current, target);
        } else {
            fail("connection_closed");
        }
    }
}
