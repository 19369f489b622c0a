package io.llmd.gateway.edge;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;

/** Puts the edge into the pipeline of each accepted connection. Thread-safe. */
public final class EdgePipeline {

    private final EdgeServices services;
    private final ConnectionCounts connections;
    private final HeaderRules headerRules;
    private final LocalAnswers localAnswers;

    public EdgePipeline(EdgeServices services, ConnectionCounts connections) {
        this.services = services;
        this.connections = connections;
        this.headerRules = new HeaderRules(services.settings().place());
        this.localAnswers = new LocalAnswers(services);
    }

    /**
     * Installs the handlers around the HTTP decoder.
     *
     * @param httpCodec name of the decoder in the pipeline
     */
    public void install(Channel channel, String httpCodec) {
        int high = services.settings().limits().writeBufferBytes();
        channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(high / 2, high));
        EdgeHandler edge = new EdgeHandler(services, headerRules, localAnswers, connections);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addBefore(httpCodec, "llmd.guard", edge.guard());
        pipeline.addAfter(httpCodec, "llmd.edge", edge);
    }
}
