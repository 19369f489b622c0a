package io.llmd.simulator.server;

import io.llmd.simulator.api.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;

/** The answer as it should be. */
final class ConnectionOutput implements AnswerOutput {
    private final ChannelHandlerContext context;
    private final ChannelHandlerContext behindEncoder;
    private final ResponseHead head;

    ConnectionOutput(ChannelHandlerContext context, ResponseHead head) {
        this.context = context;
        this.head = head;
        behindEncoder = context.pipeline().firstContext();
    }

    @Override
    public boolean isReady() {
        return context.channel().isWritable();
    }

    @Override
    public void open() {
        context.write(head.stream());
    }

    @Override
    public void events(StringBuilder text) {
        if (text.isEmpty()) {
            return;
        }
        if (head.chunked()) {
            // the encoder would make three buffers of it; it only has to see the head and the end
            behindEncoder.write(ChunkedText.of(context.alloc(), text));
        } else {
            ByteBuf buffer = context.alloc().ioBuffer(text.length());
            ByteBufUtil.writeUtf8(buffer, text);
            context.write(new DefaultHttpContent(buffer));
        }
        text.setLength(0);
    }

    /** Writes a piece of a stream. */
    void bytes(byte[] piece) {
        context.write(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)));
    }

    @Override
    public void flush() {
        context.flush();
    }

    @Override
    public void end(Runnable free) {
        end();
        freeIfKept(free);
    }

    /** Ends a stream; the future ends when it has left. */
    ChannelFuture end() {
        return closeUnlessKept(context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
    }

    @Override
    public void complete(Reply.Content content, Runnable free) {
        complete(content, content.body().length);
        freeIfKept(free);
    }

    /** Writes a complete answer that may tell another length than it has. */
    ChannelFuture complete(Reply.Content content, int toldLength) {
        ChannelFuture written = context.writeAndFlush(head.response(content, toldLength));
        return toldLength > content.body().length
                ? written.addListener(ChannelFutureListener.CLOSE)
                : closeUnlessKept(written);
    }

    boolean isKept() {
        return head.keepAlive();
    }

    private ChannelFuture closeUnlessKept(ChannelFuture written) {
        return head.keepAlive() ? written : written.addListener(ChannelFutureListener.CLOSE);
    }

    private void freeIfKept(Runnable free) {
        if (head.keepAlive()) {
            free.run();
        }
    }

    @Override
    public void close() {
        afterWritten(ChannelFutureListener.CLOSE);
    }

    @Override
    public void reset() {
        afterWritten(written -> {
            written.channel().config().setOption(ChannelOption.SO_LINGER, 0);
            written.channel().close();
        });
    }

    private void afterWritten(ChannelFutureListener action) {
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(action);
    }
}
