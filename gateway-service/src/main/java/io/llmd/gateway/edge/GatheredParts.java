package io.llmd.gateway.edge;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Parts of an answer's body that came at one time and go as one. A part of its own is a chunk of its own, with three places in
 * the connection's queue and a buffer in each, which for an event of a stream is several times its bytes; a client that does
 * not read has thousands of them waiting. On one event loop.
 */
final class GatheredParts {

    /** No more bytes are put together; a part that is longer stays as it is. */
    static final int MOST_BYTES = 16 << 10;

    private static final int LEAST_ROOM = 256;

    private final ChannelHandlerContext ctx;
    private @Nullable ByteBuf held;
    /** Whether more may be appended to what is held: the first part is kept as it came. */
    private boolean isCopied;

    GatheredParts(ChannelHandlerContext ctx) {
        this.ctx = ctx;
    }

    /** Takes over a part. What was held before is written when the two are too long. */
    void add(ByteBuf part) {
        ByteBuf before = held;
        if (before != null && before.readableBytes() + part.readableBytes() > MOST_BYTES) {
            write();
            before = null;
        }
        if (before == null) {
            held = part;
            isCopied = false;
        } else {
            append(before, part);
        }
    }

    private void append(ByteBuf before, ByteBuf part) {
        ByteBuf all = before;
        if (!isCopied) {
            int twice = 2 * (before.readableBytes() + part.readableBytes());
            all = ctx.alloc().buffer(Math.clamp(twice, LEAST_ROOM, MOST_BYTES));
            all.writeBytes(before);
            before.release();
            held = all;
            isCopied = true;
        }
        all.writeBytes(part);
        part.release();
    }

    /** Writes what is held, without a flush. */
    void write() {
        ByteBuf all = held;
        if (all != null) {
            held = null;
            ctx.write(new DefaultHttpContent(all), ctx.voidPromise());
        }
    }

    /** Lets go of what is held. */
    void discard() {
        ByteBuf all = held;
        if (all != null) {
            held = null;
            all.release();
        }
    }
}
