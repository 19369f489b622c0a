package io.llmd.simulator.sidechannel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.List;
import java.util.function.Supplier;

/** Tells by its first byte whether a connection brings lines of JSON or HTTP. */
final class ProtocolSwitch extends ByteToMessageDecoder {
    private static final int MOST_HTTP_BYTES = 8192;

    private final SideChannelServer.Questions questions;
    private final Supplier<byte[]> engines;

    ProtocolSwitch(SideChannelServer.Questions questions, Supplier<byte[]> engines) {
        this.questions = questions;
        this.engines = engines;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        ChannelPipeline pipeline = context.pipeline();
        if (in.getByte(in.readerIndex()) == '{') {
            pipeline.addLast(new LineBasedFrameDecoder(Lines.MOST_BYTES)).addLast(new QuestionHandler(questions));
        } else {
            pipeline.addLast(new HttpServerCodec())
                    .addLast(new HttpObjectAggregator(MOST_HTTP_BYTES))
                    .addLast(new EngineQuery(engines));
        }
        pipeline.remove(this);
    }
}
