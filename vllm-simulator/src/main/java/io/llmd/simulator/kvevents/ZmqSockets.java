package io.llmd.simulator.kvevents;

import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/** Opens sockets; safe from any thread. A socket belongs to one thread at a time from then on. */
final class ZmqSockets {

    /** Subscriptions and replay requests are small; a longer frame ends the connection. */
    private static final long MAX_INCOMING_BYTES = 4096;
    /** JeroMQ 0.6 now and then stalls after it dialled; then it dials again after this time, 30 s unless said. */
    private static final int HANDSHAKE_MILLIS = 1000;

    /**
     * A socket that is bound or connected.
     *
     * @param address where it is bound, with the port that was taken, or what it dials
     */
    record Opened(ZMQ.Socket socket, String address) {}

    private final ZContext context;

    ZmqSockets(ZContext context) {
        this.context = context;
    }

    /** @throws IllegalArgumentException for an address that cannot be used */
    Opened publisher(ZmqEndpoint endpoint, int highWaterMark) {
        return open(SocketType.PUB, endpoint, highWaterMark, endpoint.isBound());
    }

    /** @throws IllegalArgumentException for an address that cannot be bound */
    Opened router(ZmqEndpoint endpoint, int highWaterMark) {
        return open(SocketType.ROUTER, endpoint, highWaterMark, true);
    }

    /** All options come before bind and connect: ZeroMQ ignores a high-water mark that is set later. */
    private Opened open(SocketType type, ZmqEndpoint endpoint, int highWaterMark, boolean isBound) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setLinger(0);
        socket.setHWM(highWaterMark);
        socket.setMaxMsgSize(MAX_INCOMING_BYTES);
        socket.setIPv6(endpoint.isIpv6());
        try {
            return new Opened(socket, isBound ? bind(socket, endpoint) : connect(socket, endpoint));
        } catch (ZMQException e) {
            socket.close();
            throw new IllegalArgumentException(
                    "KV event endpoint: " + endpoint.address() + " (expected: an address that is free)", e);
        }
    }

    private static String bind(ZMQ.Socket socket, ZmqEndpoint endpoint) {
        socket.bind(endpoint.address());
        return socket.getLastEndpoint();
    }

    private static String connect(ZMQ.Socket socket, ZmqEndpoint endpoint) {
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.connect(endpoint.address());
        return endpoint.address();
    }
}
