package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import org.jspecify.annotations.Nullable;

/** One keep-alive connection of a {@link LoadRun}; has at most one request in flight. */
final class LoadConnection {

    /** Of an answer that was written anew: most of the text. */
    private static final int LEAST_ANSWER_BYTES = Payloads.ANSWER_BYTES / 2;

    private final LoadRun run;
    private final ByteBuf request;
    private final LoadShape shape;
    private final ResponseScanner scanner;
    private final @Nullable EventReader reader;
    private @Nullable Channel channel;
    private boolean inFlight;
    private boolean left;
    private long sentNanos;

    LoadConnection(LoadRun run, ByteBuf request, LoadShape shape) {
        this.run = run;
        this.request = request;
        this.shape = shape;
        EventReader stamps = shape.stamped() ? new EventReader(run::receivedAfter) : null;
        reader = stamps;
        scanner = stamps == null ? new ResponseScanner() : new ResponseScanner(stamps);
    }

    /** A fresh handler for the next channel. */
    ChannelHandler handler() {
        return new Handler();
    }

    /** Whether a request can be sent now. */
    boolean isFree() {
        return channel != null && !inFlight;
    }

    /** @param fromNanos when the request was to be sent; its time runs from there */
    void send(long fromNanos) {
        Channel open = channel;
        if (open == null) {
            return;
        }
        inFlight = true;
        sentNanos = fromNanos;
        reset();
        open.writeAndFlush(request.duplicate(), open.voidPromise());
    }

    private void reset() {
        scanner.reset();
        if (reader != null) {
            reader.reset();
        }
    }

    boolean isInFlight() {
        return inFlight;
    }

    /** Hangs up before the answer has ended. @param resets whether with a reset @return whether there was one to wait for */
    boolean leave(boolean resets) {
        Channel open = channel;
        if (open == null || !inFlight || left) {
            return false;
        }
        left = true;
        if (resets) {
            open.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        open.close();
        return true;
    }

    void closeIfIdle() {
        Channel open = channel;
        if (open != null && !inFlight) {
            open.close();
        }
    }

    void abort() {
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    private void next(Channel open) {
        if (run.isDraining() || !scanner.isKeepAlive()) {
            open.close();
        } else if (run.isTimed()) {
            run.ready(this);
        } else {
            send(System.nanoTime());
        }
    }

    private void completed(Channel open) {
        inFlight = false;
        String wrong = wrong();
        if (wrong == null) {
            run.answered(System.nanoTime() - sentNanos);
        } else {
            run.failed(wrong);
        }
        next(open);
    }

    private @Nullable String wrong() {
        if (scanner.status() != 200) {
            return "status " + scanner.status() + " (expected: 200)";
        }
        if (reader != null) {
            return reader.wrong();
        }
        if (shape.streamed()) {
            boolean isWhole = shape.exact() ? scanner.events() == Payloads.EVENTS : scanner.events() >= Payloads.EVENTS;
            return isWhole && scanner.isDone()
                    ? null
                    : scanner.events() + " events, [DONE] " + scanner.isDone() + " (expected: " + Payloads.EVENTS
                            + " and [DONE])";
        }
        boolean isWhole =
                shape.exact() ? scanner.bodyBytes() == Payloads.ANSWER_BYTES : scanner.bodyBytes() > LEAST_ANSWER_BYTES;
        return isWhole ? null : scanner.bodyBytes() + " body bytes (expected: " + Payloads.ANSWER_BYTES + ")";
    }

    private final class Handler extends ChannelInboundHandlerAdapter {

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            channel = ctx.channel();
            left = false;
            reset();
            next(ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            try {
                while (in.isReadable()) {
                    if (!inFlight) {
                        broken(ctx, "bytes without a request");
                        return;
                    }
                    ResponseScanner.Progress progress = scanner.feed(in);
                    run.received(scanner.takeNewEvents());
                    if (progress == ResponseScanner.Progress.BROKEN) {
                        broken(ctx, "not an HTTP/1.1 response");
                        return;
                    }
                    if (progress == ResponseScanner.Progress.COMPLETE) {
                        completed(ctx.channel());
                    }
                }
            } finally {
                in.release();
            }
        }

        private void broken(ChannelHandlerContext ctx, String reason) {
            inFlight = false;
            run.failed(reason);
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            channel = null;
            if (inFlight) {
                inFlight = false;
                if (!left) {
                    run.failed("connection closed before the answer ended");
                }
            }
            run.closed(LoadConnection.this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!left) {
                run.failed(cause.toString());
            }
            inFlight = false;
            ctx.close();
        }
    }
}
