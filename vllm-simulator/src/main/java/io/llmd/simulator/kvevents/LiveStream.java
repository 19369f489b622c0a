package io.llmd.simulator.kvevents;

import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.zmtp.SocketKind;
import io.llmd.kv.zmtp.ZmtpWire;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encodes the batches of one rank and sends them to those who subscribed. For the sockets' thread. */
final class LiveStream {

    private final EventSocket socket;
    private final byte[] topic;
    private final KvEventEncoder encoder;
    private final @Nullable ReplayRing ring;

    /** A message that waits until the next one is sent. */
    private ReplayRing.@Nullable Entry held;

    /** @throws IllegalArgumentException for an address that cannot be used */
    LiveStream(EventSockets sockets, ZmqEndpoint endpoint, KvEventSettings settings, @Nullable ReplayRing ring) {
        topic = settings.topic().getBytes(StandardCharsets.UTF_8);
        encoder = new KvEventEncoder(settings.format());
        this.ring = ring;
        socket = EventSocket.open(
                sockets,
                SocketKind.PUB,
                endpoint,
                settings.highWaterMark(),
                (peer, message) -> peer.subscriptions().take(message));
    }

    /** Where subscribers connect to, or what is dialled. Safe from any thread. */
    String address() {
        return socket.address();
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
        List<Peer> subscribers = socket.peers().stream()
                .filter(peer -> peer.subscriptions().want(topic))
                .toList();
        if (subscribers.isEmpty()) {
            return;
        }
        byte[] bytes = ZmtpWire.message(topic, SequenceFrame.of(message.sequence()), message.payload());
        subscribers.forEach(peer -> peer.offer(bytes));
    }
}
