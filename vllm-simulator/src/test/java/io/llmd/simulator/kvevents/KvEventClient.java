package io.llmd.simulator.kvevents;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** A subscriber or replay client with sockets of its own; each wait is bounded. */
final class KvEventClient implements AutoCloseable {

    private static final int WAIT_MILLIS = 10_000;
    /** JeroMQ 0.6 now and then stalls after it dialled; then it dials again. */
    private static final int HANDSHAKE_MILLIS = 500;

    /** A live or replayed batch. */
    record Message(String topic, long sequence, byte[] payload) {

        static Message of(List<byte[]> frames) {
            if (frames.size() != 3 || frames.get(1).length != 8) {
                throw new IllegalStateException(frames.size() + " frames (expected: 3, the second with 8 bytes)");
            }
            return new Message(
                    new String(frames.get(0), StandardCharsets.UTF_8),
                    ByteBuffer.wrap(frames.get(1)).getLong(),
                    frames.get(2));
        }
    }

    private final ZContext context = new ZContext();
    private final ZMQ.Socket socket;

    private KvEventClient(SocketType type) {
        socket = context.createSocket(type);
        socket.setHWM(100_000);
        socket.setLinger(0);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.setReceiveTimeOut(WAIT_MILLIS);
    }

    static KvEventClient subscribe(String endpoint, String topicPrefix) {
        KvEventClient client = new KvEventClient(SocketType.SUB);
        client.socket.connect(endpoint);
        client.socket.subscribe(topicPrefix);
        return client;
    }

    /** A subscriber that others dial. */
    static KvEventClient subscribeBound() {
        KvEventClient client = new KvEventClient(SocketType.SUB);
        client.socket.bind("tcp://127.0.0.1:*");
        client.socket.subscribe("");
        return client;
    }

    static KvEventClient replay(String endpoint) {
        KvEventClient client = new KvEventClient(SocketType.DEALER);
        client.socket.connect(endpoint);
        return client;
    }

    String endpoint() {
        return socket.getLastEndpoint();
    }

    Message receive() {
        List<byte[]> frames = frames();
        if (frames == null) {
            throw new IllegalStateException("no batch in " + WAIT_MILLIS + " ms");
        }
        return Message.of(frames);
    }

    /** The next batch if one comes within this time. */
    @Nullable
    Message receiveWithin(int millis) {
        socket.setReceiveTimeOut(millis);
        List<byte[]> frames = frames();
        socket.setReceiveTimeOut(WAIT_MILLIS);
        return frames == null ? null : Message.of(frames);
    }

    List<Long> sequences(int count) {
        List<Long> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(receive().sequence());
        }
        return sequences;
    }

    void request(byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            socket.send(frames[i], i < frames.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    /** Asks for replay; all frames of all replies, the end marker last. */
    List<List<byte[]>> replayFrom(long start) {
        request(new byte[0], SequenceFrame.of(start));
        List<List<byte[]>> replies = new ArrayList<>();
        List<byte[]> reply;
        do {
            reply = frames();
            if (reply == null) {
                throw new IllegalStateException("no end marker in " + WAIT_MILLIS + " ms");
            }
            replies.add(reply);
        } while (!isEnd(reply));
        return replies;
    }

    /** The sequence numbers of a replay, read from the back of each reply, without the end marker. */
    List<Long> replayedSequences(long start) {
        List<List<byte[]>> replies = replayFrom(start);
        return replies.subList(0, replies.size() - 1).stream()
                .map(reply -> ByteBuffer.wrap(reply.get(reply.size() - 2)).getLong())
                .toList();
    }

    private static boolean isEnd(List<byte[]> reply) {
        return SequenceFrame.read(reply.get(reply.size() - 2)) == -1;
    }

    private @Nullable List<byte[]> frames() {
        byte[] first = socket.recv();
        if (first == null) {
            return null;
        }
        List<byte[]> frames = new ArrayList<>(List.of(first));
        while (socket.hasReceiveMore()) {
            frames.add(socket.recv());
        }
        return frames;
    }

    @Override
    public void close() {
        context.close();
    }
}
