package io.llmd.simulator.server;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.ErrorTypes;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.fault.Faults;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: takes its requests one after the other, in order. */
final class ConnectionHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger log = LoggerFactory.getLogger(ConnectionHandler.class);
    private static final int MOST_PIPELINED = 8;

    private final Endpoint endpoint;
    private final Deque<FullHttpRequest> pipelined = new ArrayDeque<>();
    private @Nullable GenerationExchange exchange;

    ConnectionHandler(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (exchange == null) {
            handle(context, request);
        } else if (pipelined.size() < MOST_PIPELINED) {
            pipelined.addLast(request.retain());
        } else {
            context.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.writable();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (exchange != null) {
            exchange.abandon();
            exchange = null;
        }
        for (FullHttpRequest request = pipelined.poll(); request != null; request = pipelined.poll()) {
            request.release();
        }
        context.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent && exchange == null) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            log.atDebug().setCause(cause).log("connection broke");
        } else {
            log.atWarn().setCause(cause).log("connection failed");
        }
        context.close();
    }

    private void handle(ChannelHandlerContext context, FullHttpRequest request) {
        String path = path(request.uri());
        Faults faults = endpoint.faults().get();
        if (faults.refuse() && !path.startsWith("/admin/")) {
            context.close();
            return;
        }
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        ResponseHead head =
                new ResponseHead(keepAlive, !request.protocolVersion().equals(HttpVersion.HTTP_1_0), null);
        try {
            if (!request.decoderResult().isSuccess()) {
                throw ApiException.badRequest("Invalid HTTP request received.", null);
            }
            answer(context, request, path, head, faults);
        } catch (ApiException e) {
            write(context, head, e);
        } catch (RuntimeException e) {
            log.atError().setCause(e).addKeyValue("path", path).log("request failed");
            if (exchange != null) {
                exchange.abandon();
                exchange = null;
            }
            write(context, head, new ApiException(500, "InternalServerError", "Internal server error", null));
        }
    }

    private void answer(
            ChannelHandlerContext context, FullHttpRequest request, String path, ResponseHead head, Faults faults) {
        switch (endpoint.routes().match(path, request.method().name())) {
            case Routes.Match.UnknownPath unknown -> throw ApiException.notFound("Not Found", null);
            case Routes.Match.WrongMethod wrong ->
                write(
                        context,
                        new ResponseHead(head.keepAlive(), head.chunked(), String.join(", ", wrong.allowed())),
                        new ApiException(405, "MethodNotAllowedError", "Method Not Allowed", null));
            case Routes.Match.Found found -> {
                if (found.route().inference()) {
                    failIfTold();
                }
                switch (found.route().handler().handle(call(request, path))) {
                    case Reply.Content content -> head.write(context, content);
                    case Reply.Generate generate -> generate(context, generate, head, faults);
                }
            }
        }
    }

    private void failIfTold() {
        Faults.Status status = endpoint.faults().takeStatus();
        if (status != null) {
            throw new ApiException(status.code(), ErrorTypes.of(status.code()), "Injected fault", null);
        }
    }

    private void generate(ChannelHandlerContext context, Reply.Generate generate, ResponseHead head, Faults faults) {
        endpoint.checkQueue();
        GenerationExchange started =
                new GenerationExchange(context, endpoint, generate, head, faults, () -> next(context));
        exchange = started;
        started.start();
    }

    private void next(ChannelHandlerContext context) {
        exchange = null;
        while (exchange == null && context.channel().isActive()) {
            FullHttpRequest request = pipelined.pollFirst();
            if (request == null) {
                return;
            }
            try {
                handle(context, request);
            } finally {
                request.release();
            }
        }
    }

    private void write(ChannelHandlerContext context, ResponseHead head, ApiException error) {
        head.write(context, Reply.Content.json(error.status(), Json.error(endpoint.errorFormat(), error)));
    }

    private static Call call(FullHttpRequest request, String path) {
        return new Call(
                path,
                ByteBufUtil.getBytes(request.content()),
                request.headers().get(LlmdHeader.REQUEST_ID.wireName()),
                request.headers().get("x-sim-output-tokens"),
                isJson(request.headers().get(HttpHeaderNames.CONTENT_TYPE)),
                System.currentTimeMillis() / 1000);
    }

    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int parameters = contentType.indexOf(';');
        String type = parameters < 0 ? contentType : contentType.substring(0, parameters);
        return type.strip().toLowerCase(Locale.ROOT).equals("application/json");
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }
}
