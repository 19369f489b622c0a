package io.llmd.simulator.kvevents;

import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;

/** Encodes and sends the batches of one rank. For one thread at a time, after it was handed over. */
final class LiveStream {

    private final ZMQ.Socket socket;
    private final byte[] topic;
    private final KvEventEncoder encoder;
    private final @Nullable ReplayRing ring;

    /** A message that waits until the next one is sent. */
    private ReplayRing.@Nullable Entry held;

    LiveStream(ZMQ.Socket socket, String topic, KvEventFormat format, @Nullable ReplayRing ring) {
        this.socket = socket;
        this.topic = topic.getBytes(StandardCharsets.UTF_8);
        encoder = new KvEventEncoder(format);
        this.ring = ring;
    }

    void send(long sequence, KvEventBatch batch, Fate fate) {
        ReplayRing.Entry message = new ReplayRing.Entry(sequence, encoder.encode(batch));
        if (ring != null) {
            ring.add(message);
        }
        switch (fate) {
            case SEND, SKIP -> inOrder(message);
            case DROP -> {}
            case DUPLICATE -> {
                transmit(message);
                inOrder(message);
            }
            case REORDER -> {
                if (held == null) {
                    held = message;
                } else {
                    inOrder(message);
                }
            }
        }
    }

    /** Sends what was held back. */
    void release() {
        if (held != null) {
            transmit(held);
            held = null;
        }
    }

    void close() {
        socket.close();
    }

    private void inOrder(ReplayRing.Entry message) {
        transmit(message);
        release();
    }

    private void transmit(ReplayRing.Entry message) {
        socket.send(topic, ZMQ.SNDMORE);
        socket.send(SequenceFrame.of(message.sequence()), ZMQ.SNDMORE);
        socket.send(message.payload(), 0);
    }
}
