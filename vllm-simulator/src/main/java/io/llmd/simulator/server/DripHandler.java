package io.llmd.simulator.server;

import io.llmd.simulator.fault.RequestFault;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Lets few bytes leave at a time. The first portion goes out when it is flushed, each further one when its time comes.
 * A full queue makes the channel unwritable, so that it holds little more than one event.
 */
final class DripHandler extends ChannelDuplexHandler {
    private static final int WRITABILITY_BIT = 1;
    private static final int MOST_QUEUED = 16 << 10;

    private final RequestFault.Drip drip;
    private final Deque<Queued> queue = new ArrayDeque<>();
    private int queuedBytes;
    private boolean waiting;

    DripHandler(RequestFault.Drip drip) {
        this.drip = drip;
    }

    private record Queued(Object message, ChannelPromise promise) {}

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        queue.addLast(new Queued(message, promise));
        queuedBytes += bytes(message);
        updateWritability(context);
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (!waiting) {
            sendPortion(context);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        for (Queued next = queue.poll(); next != null; next = queue.poll()) {
            if (context.channel().isActive()) {
                context.write(next.message(), next.promise());
            } else {
                ReferenceCountUtil.release(next.message());
                next.promise().tryFailure(new ClosedChannelException());
            }
        }
        queuedBytes = 0;
        updateWritability(context);
        context.flush();
    }

    private void sendPortion(ChannelHandlerContext context) {
        int left = drip.bytes();
        while (!queue.isEmpty()) {
            int bytes = bytes(queue.getFirst().message());
            if (bytes > 0 && left == 0) {
                break;
            }
            left -= bytes > left ? sendPart(context, left) : sendFirst(context, bytes);
        }
        context.flush();
        updateWritability(context);
        if (left < drip.bytes()) {
            waiting = true;
            context.executor().schedule(() -> goOn(context), drip.every().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void goOn(ChannelHandlerContext context) {
        waiting = false;
        if (!context.isRemoved() && !queue.isEmpty()) {
            sendPortion(context);
        }
    }

    private int sendFirst(ChannelHandlerContext context, int bytes) {
        Queued first = queue.removeFirst();
        queuedBytes -= bytes;
        context.write(first.message(), first.promise());
        return bytes;
    }

    private int sendPart(ChannelHandlerContext context, int bytes) {
        ByteBuf buffer = (ByteBuf) queue.getFirst().message();
        queuedBytes -= bytes;
        context.write(buffer.readRetainedSlice(bytes));
        return bytes;
    }

    private static int bytes(Object message) {
        return message instanceof ByteBuf buffer ? buffer.readableBytes() : 0;
    }

    private void updateWritability(ChannelHandlerContext context) {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        if (buffer != null) {
            buffer.setUserDefinedWritability(WRITABILITY_BIT, queuedBytes < MOST_QUEUED);
        }
    }
}
