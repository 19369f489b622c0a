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
import java.util.Map;

/**
 * How the answer to one request is framed.
 *
 * @param keepAlive whether the connection stays open
 * @param chunked whether the client takes chunks; if not, the end of the connection ends a stream
 * @param headers further headers
 */
record ResponseHead(boolean keepAlive, boolean chunked, Map<String, String> headers) {

    void write(ChannelHandlerContext context, Reply.Content content) {
        ByteBuf body = Unpooled.wrappedBuffer(content.body());
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(content.status()), body);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, content.body().length);
        if (content.contentType() != null) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, content.contentType());
        }
        headers.forEach(response.headers()::set);
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
