package io.llmd.simulator.kvevents;

import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.kv.zmtp.ZmtpMessage;
import io.llmd.kv.zmtp.ZmtpParser;
import io.llmd.kv.zmtp.ZmtpWire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of an {@link EventSocket}: handshake, what comes, and what waits to go. For the sockets' thread. */
final class Peer implements ZmtpParser.Output {

    private static final Logger log = LoggerFactory.getLogger(Peer.class);

    /** Subscriptions and replay requests are small; a longer message ends the connection. */
    private static final int MAX_INCOMING_BYTES = 4096;

    /** Twice what a replay has by default. ZeroMQ bounds messages alone, of which a peer that never reads can ask for any number. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int WRITES_TOGETHER = 16;

    private final EventSocket socket;
    private final SocketChannel channel;
    private final ZmtpParser parser;
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private final Subscriptions subscriptions = new Subscriptions();
    private final long since = System.nanoTime();
    private @Nullable SelectionKey key;
    private boolean isReady;
    private boolean hasGreeted;
    private boolean isClosed;

    Peer(EventSocket socket, SocketChannel channel) {
        this.socket = socket;
        this.channel = channel;
        parser = new ZmtpParser(MAX_INCOMING_BYTES, socket.sockets().budget(), this);
    }

    /**
     * Begins the handshake. Who dialled speaks first: JeroMQ now and then falls silent when a greeting is there before it has
     * sent its own.
     */
    void begin(boolean isDialled) {
        try {
            key = socket.sockets().register(channel, SelectionKey.OP_READ, this::ready);
        } catch (IOException e) {
            end(LinkEnd.BROKEN);
            return;
        }
        if (isDialled) {
            greet();
        }
    }

    /** The handshake is over. */
    boolean isReady() {
        return isReady;
    }

    Subscriptions subscriptions() {
        return subscriptions;
    }

    void tick(long nowNanos) {
        if (!isReady && nowNanos - since > HANDSHAKE_NANOS) {
            end(LinkEnd.HANDSHAKE_TIMEOUT);
        }
    }

    /** Sends a message, now or when the peer takes it; false, and it is lost, where too many wait, or too much. */
    boolean offer(byte[] message) {
        if (isClosed
                || waiting.size() >= socket.highWaterMark()
                || !waiting.isEmpty() && waitingBytes + message.length > MAX_WAITING_BYTES) {
            return false;
        }
        put(message);
        return true;
    }

    void close() {
        end(LinkEnd.CLOSED);
    }

    private void greet() {
        if (!hasGreeted) {
            hasGreeted = true;
            put(ZmtpWire.greeting());
        }
    }

    private void put(byte[] bytes) {
        waiting.add(ByteBuffer.wrap(bytes));
        waitingBytes += bytes.length;
        if (waiting.size() == 1) {
            flush();
        }
    }

    private void ready() {
        SelectionKey ready = key;
        if (ready != null && ready.isWritable()) {
            flush();
        }
        if (ready != null && ready.isValid() && ready.isReadable()) {
            read();
        }
    }

    private void flush() {
        try {
            while (!waiting.isEmpty()) {
                ByteBuffer[] together = waiting.stream().limit(WRITES_TOGETHER).toArray(ByteBuffer[]::new);
                channel.write(together);
                while (!waiting.isEmpty() && !waiting.getFirst().hasRemaining()) {
                    waitingBytes -= waiting.removeFirst().capacity();
                }
                if (together[together.length - 1].hasRemaining()) {
                    break;
                }
            }
            interest(waiting.isEmpty() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        } catch (IOException e) {
            end(LinkEnd.BROKEN);
        }
    }

    private void interest(int operations) {
        if (key != null && key.isValid() && key.interestOps() != operations) {
            key.interestOps(operations);
        }
    }

    private void read() {
        ByteBuffer buffer = socket.sockets().buffer();
        try {
            int count = channel.read(buffer);
            if (count < 0) {
                end(LinkEnd.CLOSED_BY_PEER);
                return;
            }
        } catch (IOException e) {
            end(LinkEnd.BROKEN);
            return;
        }
        greet();
        LinkEnd failure = isClosed ? null : parser.put(buffer.flip());
        if (failure != null) {
            end(failure);
        }
    }

    @Override
    public void greeted() {
        put(ZmtpWire.ready(socket.kind()));
    }

    @Override
    public void command(byte[] bytes, int from, int to) {
        switch (ZmtpWire.command(bytes, from, to)) {
            case READY -> {
                String type = ZmtpWire.socketType(bytes, from, to);
                if (type == null || !socket.kind().accepts(type)) {
                    end(LinkEnd.NOT_A_PEER);
                } else {
                    isReady = true;
                    socket.deadlines();
                }
            }
            case PING -> offer(ZmtpWire.pong(bytes, from, to));
            case ERROR -> end(LinkEnd.NOT_A_PEER);
            case OTHER -> {}
        }
    }

    @Override
    public void message(ZmtpMessage message) {
        if (isReady) {
            socket.message(this, message);
        } else {
            end(LinkEnd.MALFORMED);
        }
    }

    private void end(LinkEnd end) {
        if (isClosed) {
            return;
        }
        isClosed = true;
        isReady = false;
        waiting.clear();
        parser.stop();
        try {
            channel.close();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("connection of a KV event peer could not be closed");
        }
        log.atDebug()
                .addKeyValue("endpoint", socket.address())
                .addKeyValue("why", end.label())
                .log("KV event peer left");
        socket.left(this);
    }
}
