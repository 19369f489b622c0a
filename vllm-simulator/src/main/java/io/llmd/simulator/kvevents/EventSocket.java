package io.llmd.simulator.kvevents;

import io.llmd.kv.zmtp.SocketKind;
import io.llmd.kv.zmtp.ZmtpMessage;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One socket in ZeroMQ's sense: peers behind one address, where it waits for them or which it dials until somebody is there.
 * Opened by any thread; then for the thread of its {@link EventSockets}.
 */
final class EventSocket {

    private static final Logger log = LoggerFactory.getLogger(EventSocket.class);

    private static final long REDIAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final EventSockets sockets;
    private final SocketKind kind;
    private final ZmqEndpoint endpoint;
    private final int highWaterMark;
    private final BiConsumer<Peer, ZmtpMessage> listener;
    private final @Nullable ServerSocketChannel server;
    private final boolean isDialler;
    private final Set<Peer> peers = new LinkedHashSet<>();
    private @Nullable SelectionKey acceptKey;
    /** Accepting has failed, as it does without file descriptors, and is left for a while. */
    private boolean isFull;

    private boolean isDialling;
    private long dialAt;
    private boolean isClosed;

    private EventSocket(
            EventSockets sockets,
            SocketKind kind,
            ZmqEndpoint endpoint,
            int highWaterMark,
            BiConsumer<Peer, ZmtpMessage> listener,
            @Nullable ServerSocketChannel server) {
        this.sockets = sockets;
        this.kind = kind;
        this.endpoint = endpoint;
        this.highWaterMark = highWaterMark;
        this.listener = listener;
        this.server = server;
        isDialler = server == null && !isBound(kind, endpoint);
    }

    /**
     * Opens a socket; it is bound when this returns, and dials soon after where it is not to be bound.
     *
     * @param listener takes the messages of peers, on the sockets' thread
     * @throws IllegalArgumentException for an address that cannot be used
     */
    static EventSocket open(
            EventSockets sockets,
            SocketKind kind,
            ZmqEndpoint endpoint,
            int highWaterMark,
            BiConsumer<Peer, ZmtpMessage> listener) {
        ServerSocketChannel server;
        try {
            server = isBound(kind, endpoint) ? endpoint.bind() : null;
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "KV event endpoint: " + endpoint.address() + " (expected: an address that is free)", e);
        }
        ZmqEndpoint bound = server == null ? endpoint : endpoint.boundAt(server);
        EventSocket socket = new EventSocket(sockets, kind, bound, highWaterMark, listener, server);
        sockets.execute(socket::begin);
        return socket;
    }

    /** Where it is bound, with the port that was taken, or what it dials. Safe from any thread. */
    String address() {
        return endpoint.address();
    }

    SocketKind kind() {
        return kind;
    }

    EventSockets sockets() {
        return sockets;
    }

    /** Messages that may wait for one peer. */
    int highWaterMark() {
        return highWaterMark == 0 ? Integer.MAX_VALUE : highWaterMark;
    }

    /** All who may be sent to. */
    List<Peer> peers() {
        return peers.stream().filter(Peer::isReady).toList();
    }

    void message(Peer peer, ZmtpMessage message) {
        listener.accept(peer, message);
    }

    void left(Peer peer) {
        peers.remove(peer);
        dialAt = System.nanoTime() + REDIAL_NANOS;
        deadlines();
    }

    /** Tells whether anything here waits for time to pass. Called when that may have changed. */
    void deadlines() {
        sockets.hasDeadline(
                this,
                !isClosed
                        && (isDialler && peers.isEmpty()
                                || isFull
                                || peers.stream().anyMatch(peer -> !peer.isReady())));
    }

    void tick(long nowNanos) {
        List.copyOf(peers).forEach(peer -> peer.tick(nowNanos));
        if (isDialler && peers.isEmpty() && !isDialling && nowNanos - dialAt >= 0) {
            dial();
        }
        if (isFull && acceptKey != null && acceptKey.isValid()) {
            isFull = false;
            acceptKey.interestOps(SelectionKey.OP_ACCEPT);
            deadlines();
        }
    }

    void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        sockets.remove(this);
        List.copyOf(peers).forEach(Peer::close);
        if (server != null) {
            try {
                server.close();
                endpoint.release();
            } catch (IOException e) {
                log.atDebug().addKeyValue("endpoint", address()).setCause(e).log("KV event socket could not be closed");
            }
        }
    }

    private static boolean isBound(SocketKind kind, ZmqEndpoint endpoint) {
        return kind == SocketKind.ROUTER || endpoint.isBound();
    }

    private void begin() {
        sockets.add(this);
        dialAt = System.nanoTime();
        if (server != null) {
            ServerSocketChannel open = server;
            try {
                acceptKey = sockets.register(open, SelectionKey.OP_ACCEPT, () -> accept(open));
            } catch (IOException e) {
                log.atError().addKeyValue("endpoint", address()).setCause(e).log("KV event socket takes nobody");
            }
        }
        deadlines();
        if (isDialler) {
            dial();
        }
    }

    private void accept(ServerSocketChannel open) {
        try {
            for (SocketChannel peer = open.accept(); peer != null; peer = open.accept()) {
                connected(peer);
            }
        } catch (IOException e) {
            log.atWarn().addKeyValue("endpoint", address()).setCause(e).log("KV event peer cannot be accepted");
            if (acceptKey != null && acceptKey.isValid()) {
                isFull = true;
                acceptKey.interestOps(0);
                deadlines();
            }
        }
    }

    /** Looks a name up and connects on a thread of its own, for both can block. */
    private void dial() {
        isDialling = true;
        Thread.ofVirtual().name("kv-events-dial").start(() -> {
            SocketChannel channel = connect();
            sockets.execute(() -> dialled(channel));
        });
    }

    private @Nullable SocketChannel connect() {
        try {
            return SocketChannel.open(endpoint.dialled());
        } catch (IOException | RuntimeException e) {
            log.atDebug().addKeyValue("endpoint", address()).setCause(e).log("nobody there for KV events");
            return null;
        }
    }

    private void dialled(@Nullable SocketChannel channel) {
        isDialling = false;
        dialAt = System.nanoTime() + REDIAL_NANOS;
        if (channel != null) {
            connected(channel);
        }
    }

    private void connected(SocketChannel channel) {
        try {
            if (isClosed) {
                channel.close();
                return;
            }
            if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
        } catch (IOException e) {
            log.atDebug().addKeyValue("endpoint", address()).setCause(e).log("KV event peer may be slow, or gone");
        }
        Peer peer = new Peer(this, channel);
        peers.add(peer);
        peer.begin(isDialler);
        deadlines();
    }
}
