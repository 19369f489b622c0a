package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.fault.AnswerFaults;
import io.llmd.simulator.fault.RequestFault;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/** An answer whose bytes are wrong, or trickle. */
final class DamagedOutput implements AnswerOutput {
    private final ConnectionOutput plain;
    private final AnswerFaults faults;
    private final @Nullable EventDamage damage;
    private final @Nullable DripHandler drip;

    DamagedOutput(ConnectionOutput plain, ChannelHandlerContext context, AnswerFaults faults) {
        this.plain = plain;
        this.faults = faults;
        RequestFault.Garbage garbage = faults.garbage();
        damage = garbage == null ? null : new EventDamage(garbage);
        RequestFault.Drip slow = faults.drip();
        drip = slow == null ? null : new DripHandler(slow);
        if (drip != null) {
            context.pipeline().addFirst(drip);
        }
    }

    @Override
    public boolean isReady() {
        return plain.isReady();
    }

    @Override
    public void open() {
        plain.open();
    }

    @Override
    public void events(StringBuilder text) {
        if (damage == null) {
            plain.events(text);
            return;
        }
        damage.pieces(text).forEach(piece -> {
            plain.bytes(piece);
            plain.flush();
        });
        text.setLength(0);
    }

    @Override
    public void flush() {
        plain.flush();
    }

    @Override
    public void end(Runnable free) {
        after(plain.end(), free);
    }

    @Override
    public void complete(Reply.Content content, Runnable free) {
        byte[] body = damage == null ? content.body() : damage.body(content.body());
        int told = Math.max(0, body.length + faults.contentLengthOff());
        ChannelFuture written = plain.complete(new Reply.Content(content.status(), content.contentType(), body), told);
        if (told <= body.length) {
            after(written, free);
        }
    }

    @Override
    public void close() {
        plain.close();
    }

    @Override
    public void reset() {
        plain.reset();
    }

    /** The connection is free when everything has trickled out. */
    private void after(ChannelFuture written, Runnable free) {
        if (!plain.isKept()) {
            return;
        }
        written.addListener((ChannelFutureListener) done -> {
            if (done.isSuccess()) {
                if (drip != null) {
                    done.channel().pipeline().remove(drip);
                }
                free.run();
            }
        });
    }
}
