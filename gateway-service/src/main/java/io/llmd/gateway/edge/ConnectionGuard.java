package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.openai.ApiError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches a connection's bytes before they are decoded: bounds the number of connections and the time for a head, hangs
 * up on TLS, and notices folded headers, which the decoder would silently unfold.
 */
final class ConnectionGuard extends ChannelInboundHandlerAdapter {

    private static final int TLS_HANDSHAKE = 0x16;

    private final ConnectionCounts counts;
    private final EdgeSettings settings;
    private final EdgeHandler edge;
    private @Nullable InetAddress counted;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean inHead;
    private boolean afterLine;
    private boolean folded;
    private boolean idle = true;
    private boolean restOnly;

    ConnectionGuard(ConnectionCounts counts, EdgeSettings settings, EdgeHandler edge) {
        this.counts = counts;
        this.settings = settings;
        this.edge = edge;
    }

    /** Address of the peer. */
    static InetAddress address(ChannelHandlerContext ctx) {
        return ctx.channel().remoteAddress() instanceof InetSocketAddress peer && peer.getAddress() != null
                ? peer.getAddress()
                : AddressRanges.unknown();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        InetAddress address = address(ctx);
        if (!counts.tryOpen(address, settings.trustedProxies().contains(address))) {
            ctx.close();
            return;
        }
        counted = address;
        waitFor(ctx, settings.timeouts().keepAlive().toNanos());
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        InetAddress address = counted;
        counted = null;
        if (address != null) {
            counts.close(address);
        }
        stopWaiting();
        ctx.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (counted == null) {
            ((ByteBuf) message).release();
            return;
        }
        if (message instanceof ByteBuf bytes && (idle || inHead) && bytes.isReadable()) {
            if (idle && bytes.getUnsignedByte(bytes.readerIndex()) == TLS_HANDSHAKE) {
                bytes.release();
                ctx.close();
                return;
            }
            scanHead(ctx, bytes);
        }
        ctx.fireChannelRead(message);
    }

    private void scanHead(ChannelHandlerContext ctx, ByteBuf bytes) {
        int from = bytes.readerIndex();
        int end = bytes.writerIndex();
        if (idle) {
            idle = false;
            inHead = true;
            folded = false;
            afterLine = false;
            stopWaiting();
        }
        while (from < end) {
            if (afterLine) {
                byte first = bytes.getByte(from);
                afterLine = false;
                if (first == ' ' || first == '\t') {
                    folded = true;
                } else if (first == '\r' || first == '\n') {
                    inHead = false;
                    return;
                }
            }
            int newline = bytes.indexOf(from, end, (byte) '\n');
            if (newline < 0) {
                break;
            }
            afterLine = true;
            from = newline + 1;
        }
        if (deadline == null) {
            waitFor(ctx, settings.timeouts().header().toNanos());
        }
    }

    /** The decoder has delivered a head. Says whether a header in it was folded. */
    boolean headDecoded() {
        stopWaiting();
        inHead = false;
        idle = false;
        boolean wasFolded = folded;
        folded = false;
        return wasFolded;
    }

    /** The connection waits for its next request. */
    void nextRequest(ChannelHandlerContext ctx) {
        idle = true;
        restOnly = false;
        inHead = false;
        waitFor(ctx, settings.timeouts().keepAlive().toNanos());
    }

    /** The rest of a request that is already answered has to come soon. */
    void waitForRest(ChannelHandlerContext ctx) {
        idle = false;
        restOnly = true;
        waitFor(ctx, settings.timeouts().bodyGap().toNanos());
    }

    private void waitFor(ChannelHandlerContext ctx, long nanos) {
        stopWaiting();
        deadline = ctx.executor().schedule(() -> expired(ctx), nanos, TimeUnit.NANOSECONDS);
    }

    private void stopWaiting() {
        ScheduledFuture<?> running = deadline;
        deadline = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    private void expired(ChannelHandlerContext ctx) {
        deadline = null;
        if (idle || restOnly) {
            ctx.close();
        } else {
            edge.refuseHead(new ApiError(ErrorCode.REQUEST_TIMEOUT, "the request did not arrive in time"));
        }
    }
}
