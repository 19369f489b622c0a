package io.llmd.launcher.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;
import reactor.netty.resources.LoopResources;

/** Sends prepared requests over plain connections, all of them on one event-loop thread. */
final class LoadClient implements AutoCloseable {

    private final LoopResources loops = LoopResources.create("bench-client", 1, true);
    private final EventLoopGroup group = loops.onClient(true);
    private final SourceAddresses sources;

    /** A client at the usual address. */
    LoadClient() {
        this(SourceAddresses.USUAL);
    }

    /** A client whose connections come from several addresses. */
    LoadClient(SourceAddresses sources) {
        this.sources = sources;
    }

    /**
     * Opens the connections and starts sending.
     *
     * @param spread time over which the connections are opened
     * @param requestsPerSecond over all connections at fixed times; 0 sends the next as soon as an answer is there
     */
    LoadRun start(int port, int connections, LoadShape shape, Duration spread, double requestsPerSecond) {
        EventLoop loop = group.next();
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(loops.onChannelClass(SocketChannel.class, group))
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000);
        LoadRun run = new LoadRun(loop, bootstrap, sources, port, shape, requestsPerSecond);
        run.start(connections, spread);
        return run;
    }

    @Override
    public void close() {
        loops.dispose();
    }
}
