package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * How the answer to one request is framed.
 *
 * @param keepAlive whether the connection stays open
 * @param chunked whether the client takes chunks; if not, the end of the connection ends a stream
 * @param allow value of the {@code Allow} header
 */
record ResponseHead(
        boolean keepAlive, boolean chunked, @Nullable String allow) {

    void write(ChannelHandlerContext context, Reply.Content content) {
        ByteBuf body = Unpooled.wrappedBuffer(content.body());
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(content.status()), body);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, content.body().length);
        if (content.contentType() != null) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, content.contentType());
        }
        if (allow != null) {
            response.headers().set(HttpHeaderNames.ALLOW, allow);
        }
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!chunked) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        ChannelFuture written = context.writeAndFlush(response);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
