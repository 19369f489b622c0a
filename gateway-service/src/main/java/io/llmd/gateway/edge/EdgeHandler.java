package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.header.LlmdHeader;
import io.llmd.openai.ApiError;
import io.llmd.openai.ApiRoute;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands right behind the HTTP decoder of the gateway's server. Refuses what is no proper HTTP, answers the inference
 * routes and a few small ones itself, and passes every other request on to the server behind it.
 *
 * <p>One request at a time is under way on a connection, whoever answers it. What arrives meanwhile waits here, at most
 * what one read of the socket brings, because no further read is asked for; so answers stay in order and a client that
 * sends ahead is slowed down by its own connection.
 *
 * <p>Reading is by hand. While a request of ours is under way one read is outstanding, so that the end of the connection
 * is seen at once; the server behind asks for its own reads.
 */
final class EdgeHandler extends ChannelDuplexHandler implements Exchange.Conversation {

    /** Rest of a refused body up to this size is read and dropped, so that the connection can be kept. */
    static final int MAX_DISCARDED_BYTES = 64 << 10;

    private static final long LINGER_MILLIS = 1_000;
    private static final String ALL_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    private static final Set<HttpMethod> METHODS = Set.of(
            HttpMethod.GET,
            HttpMethod.HEAD,
            HttpMethod.POST,
            HttpMethod.PUT,
            HttpMethod.PATCH,
            HttpMethod.DELETE,
            HttpMethod.OPTIONS);

    /** Who answers the request that is under way. */
    private enum Turn {
        /** No request is under way. */
        IDLE,
        /** An exchange answers. */
        CLAIMED,
        /** The answer is written; the rest of the request is dropped. */
        DISCARDING,
        /** The server behind answers. */
        PASSED,
        /** Nothing more is answered on this connection. */
        CLOSING
    }

    private final EdgeServices services;
    private final HeaderRules headerRules;
    private final LocalAnswers localAnswers;
    private final ConnectionGuard guard;
    private final ArrayDeque<Object> waiting = new ArrayDeque<>();

    private @Nullable ChannelHandlerContext context;
    private Turn turn = Turn.IDLE;
    private @Nullable Exchange exchange;
    private String requestId = "";
    private boolean requestEnded;
    private boolean responseEnded;
    private boolean informational;
    private boolean passedSomething;
    private boolean dispatching;

    EdgeHandler(
            EdgeServices services, HeaderRules headerRules, LocalAnswers localAnswers, ConnectionCounts connections) {
        this.services = services;
        this.headerRules = headerRules;
        this.localAnswers = localAnswers;
        this.guard = new ConnectionGuard(connections, services.settings(), this);
    }

    ConnectionGuard guard() {
        return guard;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    // ---- inbound

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (turn == Turn.CLOSING) {
            ReferenceCountUtil.release(message);
        } else if (isBusyWithAnother(message)) {
            waiting.add(message);
        } else {
            dispatch(ctx, message);
        }
    }

    /** Whether a message belongs to a later request than the one under way. */
    private boolean isBusyWithAnother(Object message) {
        return !waiting.isEmpty() || turn != Turn.IDLE && (requestEnded || message instanceof HttpRequest);
    }

    private void dispatch(ChannelHandlerContext ctx, Object message) {
        switch (turn) {
            case IDLE -> {
                if (message instanceof HttpRequest request) {
                    begin(ctx, request);
                } else {
                    ReferenceCountUtil.release(message);
                }
            }
            case PASSED -> pass(ctx, message);
            case CLAIMED, DISCARDING, CLOSING -> content(message);
        }
    }

    private void content(Object message) {
        try {
            if (!(message instanceof HttpContent content)) {
                return;
            }
            Exchange current = exchange;
            if (content.decoderResult().isFailure()) {
                if (turn == Turn.CLAIMED && current != null) {
                    current.onMalformedBody();
                } else {
                    closeGently();
                }
                return;
            }
            requestEnded |= content instanceof LastHttpContent;
            if (turn == Turn.CLAIMED && current != null) {
                current.onContent(content.content(), requestEnded);
            }
            if (turn == Turn.DISCARDING && requestEnded) {
                turnOver();
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void pass(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            ctx.close();
            return;
        }
        requestEnded |= message instanceof LastHttpContent;
        passedSomething = true;
        ctx.fireChannelRead(message);
        passedMaybeOver(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (passedSomething || turn == Turn.PASSED) {
            passedSomething = false;
            ctx.fireChannelReadComplete();
        }
        Exchange current = exchange;
        if (current != null) {
            current.onReadComplete();
        }
        readMore(ctx);
    }

    private void readMore(ChannelHandlerContext ctx) {
        if (turn != Turn.PASSED && waiting.isEmpty()) {
            ctx.read();
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (waiting.isEmpty()) {
            ctx.read();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        turn = Turn.CLOSING;
        Exchange current = exchange;
        exchange = null;
        if (current != null) {
            current.onClientGone();
        }
        dropWaiting();
        ctx.fireChannelInactive();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Exchange current = exchange;
        if (current != null) {
            current.onWritabilityChanged();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (turn == Turn.PASSED) {
            ctx.fireExceptionCaught(cause);
        } else {
            ctx.close();
        }
    }

    // ---- the beginning of a request

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        requestEnded = false;
        responseEnded = false;
        informational = false;
        boolean folded = guard.headDecoded();
        requestId = headerRules.requestId(request.headers());
        ApiError refusal =
                HeadRules.refusal(request, folded, services.settings().limits());
        if (refusal != null) {
            ReferenceCountUtil.release(request);
            refuseHead(refusal);
            return;
        }
        String path = RequestTarget.path(request.uri());
        ErrorCode badTarget = RequestTarget.refusal(request.uri());
        ApiRoute route = badTarget == null ? ApiRoute.match(path) : null;
        if (badTarget != null) {
            answer(ctx, request, Answers.error(target(badTarget), requestId, Map.of()));
        } else if (!METHODS.contains(request.method())) {
            answer(ctx, request, methodNotAllowed(ALL_METHODS));
        } else if (isPreflight(request)) {
            answer(ctx, request, preflight(request));
        } else if (route != null) {
            claim(ctx, request, route);
        } else if (localAnswers.covers(path)) {
            answer(ctx, request, localAnswers.answer(request, path, requestId, client(ctx, request)));
        } else {
            passOn(ctx, request, path);
        }
    }

    private void passOn(ChannelHandlerContext ctx, HttpRequest request, String path) {
        FullHttpResponse refusal = localAnswers.refusal(request, path, requestId, client(ctx, request));
        if (refusal != null) {
            answer(ctx, request, refusal);
        } else {
            InetAddress client = client(ctx, request);
            turn = Turn.PASSED;
            headerRules.removeSpoofed(request.headers(), isTrusted(ctx), services.metrics()::spoofed);
            if (services.settings().place() == Place.COORDINATOR) {
                request.headers().set(ClientAddress.FORWARDED_FOR, client.getHostAddress());
            }
            request.headers().set(LlmdHeader.REQUEST_ID.wireName(), requestId);
            pass(ctx, request);
        }
    }

    private boolean isTrusted(ChannelHandlerContext ctx) {
        return services.settings().trustedProxies().contains(ConnectionGuard.address(ctx));
    }

    private InetAddress client(ChannelHandlerContext ctx, HttpRequest request) {
        return ClientAddress.of(
                request.headers(),
                ConnectionGuard.address(ctx),
                services.settings().trustedProxies());
    }

    private static ApiError target(ErrorCode code) {
        return code == ErrorCode.UNKNOWN_URL
                ? new ApiError(code, "no such path")
                : new ApiError(code, "the request target is no valid path");
    }

    private FullHttpResponse methodNotAllowed(String allowed) {
        return Answers.error(
                new ApiError(ErrorCode.METHOD_NOT_ALLOWED, "allowed here: " + allowed),
                requestId,
                Map.of("allow", allowed));
    }

    private void claim(ChannelHandlerContext ctx, HttpRequest request, ApiRoute route) {
        if (!request.method().equals(HttpMethod.POST)) {
            answer(ctx, request, methodNotAllowed("POST"));
            return;
        }
        HttpHeaders received = request.headers();
        Map<String, String> forScheduler = new HashMap<>(0);
        HttpHeaders clean = headerRules.clean(
                received,
                isTrusted(ctx),
                services.metrics()::spoofed,
                (name, value) -> forScheduler.merge(name, value, HeaderRules.joiner(name)));
        InetAddress client = client(ctx, request);
        if (services.settings().place() == Place.COORDINATOR) {
            // The gateway behind counts failed keys by address.
            clean.set(ClientAddress.FORWARDED_FOR, client.getHostAddress());
        }
        clean.set(LlmdHeader.REQUEST_ID.wireName(), requestId);
        clean.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        RequestHead head = new RequestHead(
                route,
                requestId,
                request.protocolVersion().equals(HttpVersion.HTTP_1_1),
                HttpUtil.isKeepAlive(request),
                clean,
                forScheduler,
                authorization(received, route),
                HttpUtil.isTransferEncodingChunked(request) ? -1 : HttpUtil.getContentLength(request, 0L),
                received.get(HttpHeaderNames.CONTENT_TYPE, ""),
                received.get(HttpHeaderNames.CONTENT_ENCODING, ""),
                received.get(HttpHeaderNames.EXPECT, ""),
                received.get(HttpHeaderNames.ORIGIN, ""),
                client,
                isTrusted(ctx));
        turn = Turn.CLAIMED;
        Exchange claimed = new Exchange(services, ctx, this, head);
        exchange = claimed;
        ReferenceCountUtil.release(request);
        claimed.start();
    }

    /** Clients of Anthropic's API send their key in a header of its own. */
    private static List<String> authorization(HttpHeaders received, ApiRoute route) {
        List<String> values = received.getAll(HttpHeaderNames.AUTHORIZATION);
        return route == ApiRoute.MESSAGES && values.isEmpty()
                ? received.getAll("x-api-key").stream()
                        .map(key -> "Bearer " + key)
                        .toList()
                : values;
    }

    /** Answers without an exchange; the connection is kept when little of the request is left. */
    private void answer(ChannelHandlerContext ctx, HttpRequest request, FullHttpResponse answer) {
        long length =
                HttpUtil.isTransferEncodingChunked(request) ? Long.MAX_VALUE : HttpUtil.getContentLength(request, 0L);
        boolean keep = HttpUtil.isKeepAlive(request)
                && length <= MAX_DISCARDED_BYTES
                && !request.headers().contains(HttpHeaderNames.EXPECT);
        boolean http11 = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        ReferenceCountUtil.release(request);
        cors(request, answer);
        Answers.connection(answer.headers(), http11, keep);
        turn = Turn.CLAIMED;
        if (headOnly) {
            answer.content().clear();
        }
        ctx.writeAndFlush(answer).addListener(written -> exchangeEnded(written.isSuccess() && keep));
    }

    private static boolean isPreflight(HttpRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaderNames.ORIGIN)
                && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }

    private boolean isAllowedOrigin(HttpRequest request) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        return origin != null && services.settings().corsOrigins().contains(origin);
    }

    private FullHttpResponse preflight(HttpRequest request) {
        if (!isAllowedOrigin(request)) {
            return Answers.error(
                    new ApiError(ErrorCode.PERMISSION_DENIED, "calls from pages of this origin are not allowed"),
                    requestId,
                    Map.of());
        }
        FullHttpResponse answer = Answers.json(204, Unpooled.EMPTY_BUFFER, requestId);
        answer.headers().remove(HttpHeaderNames.CONTENT_TYPE).remove(HttpHeaderNames.CONTENT_LENGTH);
        answer.headers()
                .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST")
                .set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
        String wanted = request.headers().get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS);
        if (wanted != null) {
            answer.headers().set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        return answer;
    }

    private void cors(HttpRequest request, FullHttpResponse answer) {
        if (isAllowedOrigin(request)) {
            answer.headers()
                    .set(
                            HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN,
                            request.headers().get(HttpHeaderNames.ORIGIN))
                    .set(HttpHeaderNames.VARY, "origin, access-control-request-headers");
        }
    }

    /** Refuses a request whose head is broken or did not come; nothing after it can be trusted. */
    void refuseHead(ApiError error) {
        ChannelHandlerContext ctx = context;
        if (ctx == null || turn == Turn.CLOSING) {
            return;
        }
        services.metrics().refused(error.code());
        FullHttpResponse answer = Answers.error(error, requestId.isEmpty() ? HeaderRules.newId() : requestId, Map.of());
        Answers.connection(answer.headers(), true, false);
        turn = Turn.CLOSING;
        dropWaiting();
        ctx.writeAndFlush(answer).addListener(written -> closeGently());
    }

    // ---- the end of a request

    @Override
    public void exchangeEnded(boolean reusable) {
        exchange = null;
        if (turn == Turn.CLOSING) {
            return;
        }
        if (!reusable) {
            closeGently();
            return;
        }
        turn = Turn.DISCARDING;
        if (requestEnded) {
            turnOver();
        } else {
            ChannelHandlerContext ctx = context;
            if (ctx != null) {
                guard.waitForRest(ctx);
                readMore(ctx);
            }
        }
    }

    private void turnOver() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        turn = Turn.IDLE;
        requestId = "";
        guard.nextRequest(ctx);
        dispatchWaiting(ctx);
    }

    private void dispatchWaiting(ChannelHandlerContext ctx) {
        if (dispatching) {
            return;
        }
        dispatching = true;
        while (!waiting.isEmpty() && (turn == Turn.IDLE || turn != Turn.CLOSING && !requestEnded)) {
            dispatch(ctx, waiting.remove());
        }
        dispatching = false;
        Exchange current = exchange;
        if (current != null) {
            current.onReadComplete();
        }
        if (passedSomething) {
            passedSomething = false;
            ctx.fireChannelReadComplete();
        }
        readMore(ctx);
    }

    /**
     * Closes so that the client still gets the answer: first our direction only, then the rest of what it sends is
     * dropped for a moment, because closing with unread bytes would reset the connection and lose the answer.
     */
    private void closeGently() {
        ChannelHandlerContext ctx = context;
        if (ctx == null) {
            return;
        }
        turn = Turn.CLOSING;
        dropWaiting();
        Channel channel = ctx.channel();
        if (requestEnded || !channel.isActive() || !(channel instanceof DuplexChannel duplex)) {
            ctx.close();
            return;
        }
        duplex.shutdownOutput().addListener(shut -> {
            if (!shut.isSuccess()) {
                ctx.close();
            }
        });
        ctx.read();
        ctx.executor().schedule(() -> ctx.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void dropWaiting() {
        for (Object message = waiting.poll(); message != null; message = waiting.poll()) {
            ReferenceCountUtil.release(message);
        }
    }

    // ---- answers of the server behind

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (turn != Turn.PASSED) {
            ctx.write(message, promise);
            return;
        }
        if (message instanceof HttpResponse response) {
            informational = response.status().code() / 100 == 1;
            if (!informational && !response.headers().contains(LlmdHeader.REQUEST_ID.wireName())) {
                response.headers().set(LlmdHeader.REQUEST_ID.wireName(), requestId);
            }
        }
        boolean last = message instanceof LastHttpContent && !informational;
        ctx.write(message, promise);
        if (last) {
            responseEnded = true;
            ctx.executor().execute(() -> passedMaybeOver(ctx));
        }
    }

    private void passedMaybeOver(ChannelHandlerContext ctx) {
        if (turn == Turn.PASSED && requestEnded && responseEnded) {
            if (ctx.channel().isActive()) {
                turnOver();
            } else {
                turn = Turn.CLOSING;
            }
        }
    }
}
