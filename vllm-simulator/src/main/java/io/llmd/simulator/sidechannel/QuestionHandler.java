package io.llmd.simulator.sidechannel;

import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.timeout.IdleStateEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of an engine that asks. What it does not read is not answered further: reading stops meanwhile. */
final class QuestionHandler extends SimpleChannelInboundHandler<ByteBuf> {
    private static final Logger log = LoggerFactory.getLogger(QuestionHandler.class);

    private final SideChannelServer.Questions questions;

    QuestionHandler(SideChannelServer.Questions questions) {
        this.questions = questions;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf line) {
        Lines.Numbered<SideChannelRequest> request;
        try {
            request = Lines.request(line);
        } catch (IllegalArgumentException e) {
            log.atDebug().setCause(e).log("side channel got no request and closes the connection");
            context.close();
            return;
        }
        questions.answer(request.message(), response -> write(context, request.number(), response));
    }

    private static void write(ChannelHandlerContext context, long number, SideChannelResponse response) {
        if (context.channel().isActive()) {
            context.writeAndFlush(Lines.response(context.alloc(), number, response), context.voidPromise());
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().config().setAutoRead(context.channel().isWritable());
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent) {
            context.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.atDebug().setCause(cause).log("side channel connection broke");
        context.close();
    }
}
