package io.llmd.gateway.edge;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;

/** Puts the edge into the pipeline of each accepted connection. Thread-safe. */
public final class EdgePipeline {

    /**
     * About what the system keeps of an answer beyond what is on its way; with epoll only. Its own limit is some MB: as much
     * would be taken from the endpoint at once for a client that does not read, and one that reads slowly would seem to stand
     * still until a third of that was gone.
     */
    private static final long UNSENT_BYTES = 128 << 10;

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
        // Not known to transports other than epoll, which go on without.
        channel.config().setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES);
        EdgeHandler edge = new EdgeHandler(services, headerRules, localAnswers, connections);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addBefore(httpCodec, "llmd.guard", edge.guard());
        pipeline.addAfter(httpCodec, "llmd.edge", edge);
    }
}
