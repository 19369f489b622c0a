package io.llmd.gateway.edge;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;

/** Builds complete answers of the gateway's own. */
final class Answers {

    private static final String JSON = "application/json";

    private Answers() {}

    /** An error in the OpenAI shape. */
    static FullHttpResponse error(ApiError error, String requestId, Map<String, String> headers) {
        return error(error, ErrorBody.toJson(error), requestId, headers);
    }

    /** An error with a body in the shape of an API. */
    static FullHttpResponse error(ApiError error, byte[] body, String requestId, Map<String, String> headers) {
        FullHttpResponse answer = json(error.code().status(), Unpooled.wrappedBuffer(body), requestId);
        if (error.code().status() == 401) {
            answer.headers().set("www-authenticate", "Bearer");
        }
        headers.forEach(answer.headers()::set);
        return answer;
    }

    /** A JSON body; takes over the buffer. */
    static FullHttpResponse json(int status, ByteBuf body, String requestId) {
        FullHttpResponse answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                body,
                DefaultHttpHeadersFactory.headersFactory().withValidation(false),
                DefaultHttpHeadersFactory.trailersFactory());
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, JSON)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(LlmdHeader.REQUEST_ID.wireName(), requestId);
        return answer;
    }

    /** Says whether the connection stays open, as the client's version needs it. */
    static void connection(HttpHeaders headers, boolean http11, boolean keepAlive) {
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (!http11) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
    }
}
