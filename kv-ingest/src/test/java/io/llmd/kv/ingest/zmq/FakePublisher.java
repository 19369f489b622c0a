package io.llmd.kv.ingest.zmq;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMsg;

/** An engine's sockets, by another implementation of ZMQ. Publishes and forgets what it is told to. */
final class FakePublisher implements AutoCloseable {

    /** Frames of a replay's answers. */
    enum Shape {
        WITHOUT_TOPIC,
        WITH_TOPIC,
        /** Nothing is answered. */
        SILENT
    }

    private static final byte[] TOPIC = "kv@10.0.0.7:8000@m".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EMPTY = {};
    private static final int POLL_MILLIS = 20;

    private final ZContext context = new ZContext();
    private final ZMQ.Socket live = context.createSocket(SocketType.XPUB);
    private final NavigableMap<Long, byte[]> ring = new ConcurrentSkipListMap<>();
    private final int port;
    private final int replayPort;
    private final Thread answers;
    private volatile Shape shape;
    private volatile boolean isClosing;
    private volatile int requests;

    FakePublisher(Shape shape) {
        this(shape, 0, 0);
    }

    /** @param port to bind, 0 for any */
    FakePublisher(Shape shape, int port, int replayPort) {
        this.shape = shape;
        live.setLinger(0);
        live.setSndHWM(100_000);
        this.port = bind(live, port);
        ZMQ.Socket router = context.createSocket(SocketType.ROUTER);
        router.setLinger(0);
        this.replayPort = bind(router, replayPort);
        answers = Thread.ofPlatform().daemon().start(() -> answer(router));
    }

    private static int bind(ZMQ.Socket socket, int port) {
        if (port == 0) {
            return socket.bindToRandomPort("tcp://127.0.0.1");
        }
        socket.bind("tcp://127.0.0.1:" + port);
        return port;
    }

    ZmqAddress address() {
        return new ZmqAddress("127.0.0.1", port);
    }

    ZmqAddress replayAddress() {
        return new ZmqAddress("127.0.0.1", replayPort);
    }

    int requests() {
        return requests;
    }

    void shape(Shape value) {
        shape = value;
    }

    /** Waits for one subscription. */
    byte[] awaitSubscription() {
        live.setReceiveTimeOut(10_000);
        return live.recv();
    }

    void publish(long sequence, byte[] payload) {
        ring.put(sequence, payload);
        send(TOPIC, sequence(sequence), payload);
    }

    /** Only those who ask for it will know of it. */
    void lose(long sequence, byte[] payload) {
        ring.put(sequence, payload);
    }

    void forgetBefore(long sequence) {
        ring.headMap(sequence).clear();
    }

    void send(byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            live.send(frames[i], i + 1 < frames.length ? ZMQ.SNDMORE : 0);
        }
    }

    static byte[] sequence(long sequence) {
        return ByteBuffer.allocate(Long.BYTES).putLong(sequence).array();
    }

    private void answer(ZMQ.Socket router) {
        router.setReceiveTimeOut(POLL_MILLIS);
        while (!isClosing) {
            ZMsg request = ZMsg.recvMsg(router);
            if (request != null && request.size() == 3) {
                byte[] client = request.pop().getData();
                request.pop();
                requests++;
                replay(router, client, ByteBuffer.wrap(request.pop().getData()).getLong());
            }
        }
        router.close();
    }

    private void replay(ZMQ.Socket router, byte[] client, long from) {
        if (shape == Shape.SILENT) {
            return;
        }
        ring.tailMap(from).forEach((sequence, payload) -> reply(router, client, TOPIC, sequence, payload));
        reply(router, client, EMPTY, -1L, EMPTY);
    }

    private void reply(ZMQ.Socket router, byte[] client, byte[] topic, Long sequence, byte @Nullable [] payload) {
        router.send(client, ZMQ.SNDMORE);
        router.send(EMPTY, ZMQ.SNDMORE);
        if (shape == Shape.WITH_TOPIC) {
            router.send(topic, ZMQ.SNDMORE);
        }
        router.send(sequence(sequence), ZMQ.SNDMORE);
        router.send(payload, 0);
    }

    @Override
    public void close() {
        isClosing = true;
        try {
            answers.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }
}
