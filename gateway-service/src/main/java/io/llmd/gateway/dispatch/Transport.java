package io.llmd.gateway.dispatch;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * Where connections to endpoints live: on the event loop of the client's connection, so that a relayed byte never
 * changes thread.
 *
 * @param loop event loop of both sides
 * @param channelType socket channel that the loop can drive; has a constructor without arguments
 */
public record Transport(EventLoop loop, Class<? extends Channel> channelType) {

    /** The transport of an accepted connection. */
    public static Transport of(Channel accepted) {
        return new Transport(accepted.eventLoop(), accepted.getClass());
    }
}
