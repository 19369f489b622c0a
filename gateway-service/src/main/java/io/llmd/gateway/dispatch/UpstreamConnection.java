package io.llmd.gateway.dispatch;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an endpoint; carries one request at a time. Runs on its event loop only.
 *
 * <p>Reading is by hand: one read is outstanding while a request wants bytes and while the connection is idle, so that
 * its end is seen; none while the client is slower than the endpoint.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {

    private final UpstreamPool pool;
    private final Channel channel;
    private final UpstreamDecoder decoder;
    private String hostPort = "";
    private @Nullable UpstreamExchange current;
    private boolean keepAlive;
    private boolean isForOne;
    private boolean informational;
    private boolean paused;
    private boolean pooled;
    private boolean finishing;
    private long idleSinceNanos;

    UpstreamConnection(UpstreamPool pool, Channel channel, UpstreamDecoder decoder) {
        this.pool = pool;
        this.channel = channel;
        this.decoder = decoder;
    }

    void belongsTo(String address) {
        hostPort = address;
    }

    String hostPort() {
        return hostPort;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    boolean isUsable() {
        return channel.isActive() && current == null && !finishing;
    }

    void close() {
        pooled = false;
        channel.close();
    }

    /** Sends a request; its bytes are written in one go. */
    void send(UpstreamExchange exchange, UpstreamRequest request) {
        current = exchange;
        isForOne = request.isOnce();
        keepAlive = !isForOne;
        paused = false;
        pooled = false;
        channel.write(request.head(channel.alloc(), hostPort)).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        channel.writeAndFlush(request.content()).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        channel.read();
    }

    /** The request is not wanted any more. */
    void abandon() {
        current = null;
        channel.close();
    }

    void pause() {
        paused = true;
    }

    void resume() {
        if (paused) {
            paused = false;
            channel.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        UpstreamExchange exchange = current;
        if (exchange == null) {
            ReferenceCountUtil.release(message);
            close();
            return;
        }
        if (message instanceof HttpResponse head) {
            onHead(exchange, head);
        }
        if (message instanceof HttpContent content) {
            onContent(exchange, content);
        }
    }

    private void onHead(UpstreamExchange exchange, HttpResponse head) {
        int status = head.status().code();
        if (head.decoderResult().isFailure() || status == 101 || status < 100 || status > 599) {
            fail(AttemptFailure.PROTOCOL);
            return;
        }
        informational = status < 200;
        if (!informational) {
            keepAlive = !isForOne
                    && HttpUtil.isKeepAlive(head)
                    && (HttpUtil.isContentLengthSet(head)
                            || HttpUtil.isTransferEncodingChunked(head)
                            || status == 204
                            || status == 304);
            exchange.onHead(status, head.headers());
        }
    }

    private void onContent(UpstreamExchange exchange, HttpContent content) {
        if (current != exchange || content.decoderResult().isFailure()) {
            content.release();
            if (current == exchange) {
                fail(AttemptFailure.RESET);
            }
            return;
        }
        boolean last = content instanceof LastHttpContent;
        if (content.content().isReadable()) {
            exchange.onBody(content.content());
        } else {
            content.release();
        }
        if (last && current == exchange) {
            if (informational) {
                informational = false;
            } else {
                end(exchange);
            }
        }
    }

    private void end(UpstreamExchange exchange) {
        current = null;
        finishing = keepAlive;
        if (!keepAlive) {
            channel.close();
        }
        exchange.onEnd();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        UpstreamExchange exchange = current;
        if (exchange != null) {
            exchange.onPause();
            if (current == exchange && !paused) {
                ctx.read();
            }
            return;
        }
        if (finishing) {
            finishing = false;
            if (decoder.hasSurplus() || !channel.isActive()) {
                close();
                return;
            }
            idleSinceNanos = System.nanoTime();
            pooled = true;
            pool.release(this);
            ctx.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (pooled) {
            pooled = false;
            pool.forget(this);
        }
        fail(AttemptFailure.RESET);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    private void fail(AttemptFailure failure) {
        UpstreamExchange exchange = current;
        current = null;
        finishing = false;
        channel.close();
        if (exchange != null) {
            exchange.onConnectionFailure(failure);
        }
    }
}
