package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.zmq.Timers.Timer;
import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.kv.zmtp.SocketKind;
import io.llmd.kv.zmtp.ZmtpMessage;
import io.llmd.kv.zmtp.ZmtpParser;
import io.llmd.kv.zmtp.ZmtpWire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One peer that was dialled: name look-up, connection, handshake, messages, and for a subscriber all of that again after
 * the connection ended. For the loop's thread.
 */
final class ZmtpLink implements ZmtpParser.Output {

    private static final Logger log = LoggerFactory.getLogger(ZmtpLink.class);

    /** Reads of one connection before the others get their turn. */
    private static final int READS_PER_TURN = 4;

    /** Bytes that may wait for a peer that takes none; more end the connection. */
    private static final int MAX_PENDING_BYTES = 64 << 10;

    private static final int KEEP_ALIVE_IDLE_SECONDS = 30;
    private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
    private static final int KEEP_ALIVE_PROBES = 3;

    private enum Phase {
        IDLE,
        RESOLVING,
        CONNECTING,
        GREETING,
        READY,
        CLOSED
    }

    private final ZmqLoop loop;
    private final SocketKind kind;
    private final String host;
    private final int port;
    private final byte[] topicPrefix;
    private final ZmtpListener listener;

    private Phase phase = Phase.IDLE;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ZmtpParser parser;
    private @Nullable Timer timer;
    private ByteBuffer pending = ByteBuffer.allocate(0);
    private int failures;
    private long connectedAt;
    private boolean hadMessage;
    private long bytesRead;

    /** Counts dials, so that a late answer of an old look-up is known as such. */
    private int dials;

    ZmtpLink(ZmqLoop loop, SocketKind kind, String host, int port, byte[] topicPrefix, ZmtpListener listener) {
        this.loop = loop;
        this.kind = kind;
        this.host = host;
        this.port = port;
        this.topicPrefix = topicPrefix;
        this.listener = listener;
    }

    /** Bytes that have arrived on all connections of this link. */
    long bytesRead() {
        return bytesRead;
    }

    boolean isReady() {
        return phase == Phase.READY;
    }

    void dial() {
        if (phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.RESOLVING;
        dials++;
        int dial = dials;
        timer = loop.after(loop.settings().handshakeTimeout().toNanos(), () -> end(LinkEnd.HANDSHAKE_TIMEOUT));
        // the resolver blocks, so it gets a thread of its own; one per link, for the time-out ends the dial and not the
        // thread
        Thread.ofVirtual().name("zmq-resolver").start(() -> resolve(dial));
    }

    private void resolve(int dial) {
        SocketAddress address = null;
        try {
            address = new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            log.atDebug().addKeyValue("endpoint", host).setCause(e).log("host of a KV event source is unknown");
        }
        SocketAddress found = address;
        loop.execute(() -> resolved(dial, found));
    }

    private void resolved(int dial, @Nullable SocketAddress address) {
        if (phase != Phase.RESOLVING || dial != dials) {
            return;
        }
        if (address == null) {
            end(LinkEnd.UNREACHABLE);
            return;
        }
        phase = Phase.CONNECTING;
        try {
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            keepAlive(opened);
            key = loop.connect(opened, address, this);
        } catch (IOException | RuntimeException e) {
            end(LinkEnd.UNREACHABLE);
        }
    }

    /** A publisher may be silent for long; without this, a host that vanished would never be noticed. */
    private static void keepAlive(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
            channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_ALIVE_INTERVAL_SECONDS);
            channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEP_ALIVE_PROBES);
        }
    }

    /** The channel can connect, be read or be written. */
    void ready(SelectionKey ready) {
        if (ready != key || channel == null) {
            return;
        }
        try {
            if (phase == Phase.CONNECTING && channel.finishConnect()) {
                connectedToHost(channel);
            }
            if (ready.isValid() && ready.isWritable()) {
                flush(channel);
            }
            if (ready.isValid() && ready.isReadable()) {
                read(channel);
            }
        } catch (IOException e) {
            end(phase == Phase.CONNECTING ? LinkEnd.UNREACHABLE : LinkEnd.BROKEN);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** Ends the connection because its messages could not be handled. */
    void fail(RuntimeException cause) {
        log.atError()
                .addKeyValue("endpoint", host)
                .addKeyValue("port", port)
                .setCause(cause)
                .log("KV event source failed");
        end(LinkEnd.LISTENER_FAILED);
    }

    private void connectedToHost(SocketChannel open) throws IOException {
        phase = Phase.GREETING;
        parser = new ZmtpParser(loop.settings().maxMessageBytes(), loop.budget(), this);
        interest(SelectionKey.OP_READ);
        write(open, ZmtpWire.greeting());
    }

    private void read(SocketChannel open) throws IOException {
        for (int i = 0; i < READS_PER_TURN && channel == open && parser != null; i++) {
            int count = loop.read(open);
            if (count < 0) {
                end(LinkEnd.CLOSED_BY_PEER);
                return;
            }
            if (count == 0) {
                return;
            }
            bytesRead += count;
            LinkEnd failure = parser.put(loop.lastRead());
            if (failure != null && channel == open) {
                end(failure);
                return;
            }
        }
    }

    @Override
    public void greeted() {
        send(ZmtpWire.ready(kind));
    }

    @Override
    public void command(byte[] bytes, int from, int to) {
        switch (ZmtpWire.command(bytes, from, to)) {
            case READY -> peerIsReady(ZmtpWire.socketType(bytes, from, to));
            case PING -> send(ZmtpWire.pong(bytes, from, to));
            case ERROR -> end(LinkEnd.NOT_A_PEER);
            case OTHER -> {}
        }
    }

    private void peerIsReady(@Nullable String peerType) {
        if (phase != Phase.GREETING) {
            return;
        }
        if (peerType == null || !kind.accepts(peerType)) {
            end(LinkEnd.NOT_A_PEER);
            return;
        }
        phase = Phase.READY;
        cancelTimer();
        connectedAt = loop.now();
        hadMessage = false;
        if (kind == SocketKind.SUB) {
            send(ZmtpWire.subscription(topicPrefix));
        }
        if (phase == Phase.READY) {
            listener.connected();
        }
    }

    @Override
    public void message(ZmtpMessage message) {
        if (phase != Phase.READY) {
            end(LinkEnd.MALFORMED);
            return;
        }
        hadMessage = true;
        listener.message(message);
    }

    /** Sends bytes, now or when the peer takes them; nothing without a connection. */
    void send(byte[] bytes) {
        SocketChannel open = channel;
        if (open == null) {
            return;
        }
        try {
            write(open, bytes);
        } catch (IOException e) {
            end(LinkEnd.BROKEN);
        }
    }

    private void write(SocketChannel open, byte[] bytes) throws IOException {
        if (pending.remaining() + bytes.length > MAX_PENDING_BYTES) {
            throw new IOException("peer takes no bytes");
        }
        ByteBuffer joined = ByteBuffer.allocate(pending.remaining() + bytes.length);
        pending = joined.put(pending).put(bytes).flip();
        flush(open);
    }

    private void flush(SocketChannel open) throws IOException {
        open.write(pending);
        interest(pending.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    private void interest(int operations) {
        if (key != null && key.isValid() && key.interestOps() != operations) {
            key.interestOps(operations);
        }
    }

    /** Ends the connection and, for a subscriber, plans the next one. */
    private void end(LinkEnd end) {
        if (phase == Phase.CLOSED || phase == Phase.IDLE) {
            return;
        }
        boolean wasStable = phase == Phase.READY
                && (hadMessage
                        || loop.now() - connectedAt
                                > loop.settings().maxBackoff().toNanos());
        release();
        if (kind == SocketKind.SUB) {
            phase = Phase.IDLE;
            failures = wasStable ? 0 : failures + 1;
            timer = loop.after(backoff(), this::dial);
        } else {
            phase = Phase.CLOSED;
            loop.forget(this);
        }
        tell(end);
    }

    private void tell(LinkEnd end) {
        try {
            listener.disconnected(end);
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("endpoint", host)
                    .setCause(e)
                    .log("KV event source failed while it was disconnected");
        }
    }

    /** Grows to the maximum; half of it is random, so that the peers of a host that returns do not come all at once. */
    private long backoff() {
        long min = loop.settings().minBackoff().toNanos();
        long max = loop.settings().maxBackoff().toNanos();
        int doublings = Math.min(
                Math.max(0, failures - 1), Long.SIZE - 2 - Long.numberOfTrailingZeros(Long.highestOneBit(min)));
        long wait = Math.min(max, min << doublings);
        return wait / 2 + loop.random().nextLong(wait / 2 + 1);
    }

    /** Ends the link for good, without telling the listener. */
    void close() {
        if (phase != Phase.CLOSED) {
            phase = Phase.CLOSED;
            release();
            loop.forget(this);
        }
    }

    private void release() {
        cancelTimer();
        if (parser != null) {
            parser.stop();
            parser = null;
        }
        pending = ByteBuffer.allocate(0);
        SocketChannel open = channel;
        channel = null;
        key = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                log.atDebug().addKeyValue("endpoint", host).setCause(e).log("connection could not be closed");
            }
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
