package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of an {@link EndpointStub}. */
final class EndpointStubHandler extends ChannelInboundHandlerAdapter {

    private final EndpointStub stub;
    private final EndpointStub.Responses responses;
    private HttpMethod method = HttpMethod.GET;
    private String path = "";
    private int sent;
    private int events;
    private long nextDueNanos;
    private boolean streaming;
    private boolean turnQueued;
    private @Nullable Future<?> timer;

    EndpointStubHandler(EndpointStub stub, EndpointStub.Responses responses) {
        this.stub = stub;
        this.responses = responses;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof HttpRequest request) {
                method = request.method();
                path = request.uri();
            }
            if (message instanceof LastHttpContent) {
                answer(ctx);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void answer(ChannelHandlerContext ctx) {
        if (method.equals(HttpMethod.POST)) {
            if (path.equals(EndpointStub.LONG_STREAM)) {
                // Otherwise the system would take megabytes of each stream that nobody reads, at the cost of all others
                // here.
                ctx.channel().config().setOption(ChannelOption.SO_SNDBUF, EndpointStub.LONG_STREAM_BUFFER);
                startStream(ctx, EndpointStub.LONG_STREAM_EVENTS);
            } else if (stub.isStreamed()) {
                startStream(ctx, Payloads.EVENTS);
            } else {
                write(ctx, responses.answer);
            }
            return;
        }
        switch (path) {
            case "/metrics" -> write(ctx, responses.metrics);
            case "/v1/models" -> write(ctx, responses.models);
            case "/health" -> write(ctx, responses.healthy);
            default -> write(ctx, responses.notFound);
        }
    }

    private static void write(ChannelHandlerContext ctx, ByteBuf response) {
        ctx.writeAndFlush(response.duplicate(), ctx.voidPromise());
    }

    private void startStream(ChannelHandlerContext ctx, int ofEvents) {
        sent = 0;
        events = ofEvents;
        streaming = true;
        ctx.write(responses.streamHead.duplicate(), ctx.voidPromise());
        long pace = stub.paceNanos();
        if (pace == 0) {
            queueTurn(ctx);
            return;
        }
        nextDueNanos = System.nanoTime();
        timer = ctx.executor().scheduleAtFixedRate(() -> sendPaced(ctx, pace), 0, pace, TimeUnit.NANOSECONDS);
    }

    private void sendPaced(ChannelHandlerContext ctx, long pace) {
        if (!streaming || stub.isHeld()) {
            return;
        }
        long due = nextDueNanos;
        stub.recordLag(System.nanoTime() - due);
        nextDueNanos += pace;
        sendEvent(ctx, due);
    }

    /** One event per turn of the loop, so that streams take turns; stops while the connection is not writable. */
    private void sendFreely(ChannelHandlerContext ctx) {
        turnQueued = false;
        if (!streaming || !ctx.channel().isWritable()) {
            return;
        }
        sendEvent(ctx, System.nanoTime());
        if (streaming) {
            queueTurn(ctx);
        }
    }

    private void queueTurn(ChannelHandlerContext ctx) {
        if (!turnQueued) {
            turnQueued = true;
            ctx.executor().execute(() -> sendFreely(ctx));
        }
    }

    private void sendEvent(ChannelHandlerContext ctx, long dueNanos) {
        boolean last = sent + 1 == events;
        ByteBuf event = stub.isStamped()
                ? responses.stamped(ctx.alloc(), sent, dueNanos, last)
                : (last ? responses.lastEvent : responses.event).duplicate();
        sent++;
        if (!last) {
            ctx.writeAndFlush(event, ctx.voidPromise());
            return;
        }
        ctx.write(event, ctx.voidPromise());
        write(ctx, responses.streamEnd);
        stopStream();
    }

    private void stopStream() {
        streaming = false;
        Future<?> running = timer;
        timer = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (streaming && timer == null && ctx.channel().isWritable()) {
            queueTurn(ctx);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stopStream();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
