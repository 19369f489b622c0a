package io.llmd.gateway.edge;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.openai.ApiError;
import io.llmd.openai.ErrorBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes one answer to the client's connection, on its event loop. */
final class ClientWriter {

    private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ChannelHandlerContext ctx;
    private final RequestHead head;
    private final EdgeSettings settings;
    private final GatheredParts parts;
    private boolean headSent;
    private boolean events;
    private boolean closeAfter;
    private Map<String, String> always = Map.of();
    private @Nullable ChannelFuture lastWrite;

    ClientWriter(ChannelHandlerContext ctx, RequestHead head, EdgeSettings settings) {
        this.ctx = ctx;
        this.head = head;
        this.settings = settings;
        parts = new GatheredParts(ctx);
    }

    /** Sets headers that every answer has from now on. */
    void always(Map<String, String> headers) {
        always = headers;
    }

    boolean isHeadSent() {
        return headSent;
    }

    /**
     * Writes the head of an answer.
     *
     * @param length bytes of the body, -1 when unknown
     * @param asEvents whether the body is a stream of events
     * @param keepAlive whether the connection stays open after the answer
     */
    void head(
            int status,
            String contentType,
            long length,
            boolean asEvents,
            Map<String, String> more,
            boolean keepAlive) {
        HttpResponse answer = new DefaultHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                DefaultHttpHeadersFactory.headersFactory().withValidation(false));
        HttpHeaders headers = answer.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        headers.set(LlmdHeader.REQUEST_ID.wireName(), head.requestId());
        more.forEach(headers::set);
        always.forEach(headers::set);
        if (asEvents) {
            headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE);
            headers.set("x-accel-buffering", "no");
        }
        if (length >= 0) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
        } else if (head.http11()) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        } else {
            closeAfter = true;
        }
        cors(headers);
        Answers.connection(headers, head.http11(), keepAlive && !closeAfter);
        headSent = true;
        events = asEvents;
        ctx.write(answer, ctx.voidPromise());
    }

    /** Takes over a part of the body, which goes at the next {@link #flush} at the latest. */
    void body(ByteBuf bytes) {
        parts.add(bytes);
    }

    /** Lets go of what was not flushed: the answer will not be completed. */
    void discard() {
        parts.discard();
    }

    /** Writes a comment into a stream of events. */
    void comment() {
        body(Unpooled.wrappedBuffer(COMMENT));
        flush();
    }

    void flush() {
        parts.write();
        ctx.flush();
    }

    /** Ends the answer; says whether the connection may be kept. */
    boolean end() {
        parts.write();
        lastWrite = ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        return !closeAfter;
    }

    /** Answers with an error body of an endpoint; takes over the array. */
    void endpointError(int status, byte[] body, Map<String, String> more, boolean keepAlive) {
        FullHttpResponse answer = Answers.json(status, Unpooled.wrappedBuffer(body), head.requestId());
        more.forEach(answer.headers()::set);
        full(answer, keepAlive);
    }

    /**
     * Reports an error: as the answer, or as the last event of a stream.
     *
     * @return whether the message is complete; if not, only closing the connection tells the client
     */
    boolean error(ApiError error, Map<String, String> more, boolean keepAlive) {
        if (!headSent) {
            full(Answers.error(error, ErrorBody.toJson(error, head.route()), head.requestId(), more), keepAlive);
            return true;
        }
        parts.write();
        if (!events) {
            ctx.flush();
            return false;
        }
        ByteBuf event = Unpooled.wrappedBuffer(ErrorBody.toEvent(error, head.route()));
        lastWrite = ctx.writeAndFlush(new DefaultLastHttpContent(event));
        return !closeAfter;
    }

    /** Tells once whether the whole answer was written; never, or at once with no, when it cannot be completed. */
    void whenWritten(Consumer<Boolean> done) {
        ChannelFuture last = lastWrite;
        if (last == null) {
            done.accept(false);
        } else {
            last.addListener(written -> done.accept(written.isSuccess()));
        }
    }

    private void full(FullHttpResponse answer, boolean keepAlive) {
        always.forEach(answer.headers()::set);
        cors(answer.headers());
        Answers.connection(answer.headers(), head.http11(), keepAlive);
        headSent = true;
        lastWrite = ctx.writeAndFlush(answer);
    }

    private void cors(HttpHeaders headers) {
        if (!head.origin().isEmpty() && settings.corsOrigins().contains(head.origin())) {
            headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, head.origin());
            headers.set(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
        }
    }
}
