package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.fault.Faults;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
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
        String path = RequestDispatcher.path(request.uri());
        Faults faults = endpoint.faults().get();
        if (faults.refuse() && !path.startsWith("/admin/")) {
            context.close();
            return;
        }
        boolean keepAlive =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        RequestDispatcher.Dispatched dispatched = endpoint.dispatcher().dispatch(request);
        ResponseHead head = new ResponseHead(
                keepAlive, !request.protocolVersion().equals(HttpVersion.HTTP_1_0), dispatched.headers());
        switch (dispatched.reply()) {
            case Reply.Content content -> head.write(context, content);
            case Reply.Generate generate -> generate(context, generate, head, faults);
        }
    }

    private void generate(ChannelHandlerContext context, Reply.Generate generate, ResponseHead head, Faults faults) {
        try {
            endpoint.checkQueue();
            GenerationExchange started =
                    new GenerationExchange(context, endpoint, generate, head, faults, () -> next(context));
            exchange = started;
            started.start();
        } catch (ApiException e) {
            head.write(context, endpoint.dispatcher().failed(e));
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("request failed");
            if (exchange != null) {
                exchange.abandon();
                exchange = null;
            }
            head.write(
                    context,
                    endpoint.dispatcher()
                            .failed(new ApiException(500, "InternalServerError", "Internal server error", null)));
        }
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
}
