package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
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

    /** A complete answer that tells some length. */
    FullHttpResponse response(Reply.Content content, int toldLength) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(content.status()),
                Unpooled.wrappedBuffer(content.body()));
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, toldLength);
        if (content.contentType() != null) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, content.contentType());
        }
        headers.forEach(response.headers()::set);
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!chunked) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        return response;
    }

    /** The head of a stream. */
    HttpResponse stream() {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        headers.forEach(response.headers()::set);
        if (chunked) {
            response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        return response;
    }
}
