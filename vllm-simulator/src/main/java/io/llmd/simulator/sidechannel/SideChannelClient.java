package io.llmd.simulator.sidechannel;

import io.llmd.simulator.handoff.Address;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.channel.EventLoopGroup;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Asks other engines, over one connection to each, which is opened when it is needed. Thread-safe. */
public final class SideChannelClient implements AutoCloseable {
    private final EventLoopGroup eventLoops;
    private final Map<Address, AnswerConnection> connections = new ConcurrentHashMap<>();
    private volatile boolean closed;

    public SideChannelClient(EventLoopGroup eventLoops) {
        this.eventLoops = eventLoops;
    }

    /** Asks; {@code then} is called once, on an event loop, within a few seconds. */
    public void ask(Address holder, SideChannelRequest request, Consumer<SideChannelResponse> then) {
        if (closed) {
            then.accept(new SideChannelResponse.Unreachable("closed"));
            return;
        }
        AnswerConnection connection = connections.computeIfAbsent(holder, this::connection);
        if (closed) {
            connection.close();
        }
        connection.ask(request, then);
    }

    private AnswerConnection connection(Address holder) {
        return new AnswerConnection(eventLoops.next(), holder, ended -> connections.remove(holder, ended));
    }

    /** Cuts all connections; what was asked counts as not answered. */
    @Override
    public void close() {
        closed = true;
        connections.values().forEach(AnswerConnection::close);
    }
}
