package io.llmd.simulator.kvevents;

import io.llmd.kv.zmtp.SocketKind;
import io.llmd.kv.zmtp.ZmtpMessage;
import io.llmd.kv.zmtp.ZmtpWire;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the replay requests of one rank. For the sockets' thread. */
final class ReplaySocket {

    private static final Logger log = LoggerFactory.getLogger(ReplaySocket.class);

    private static final byte[] EMPTY = {};
    /** An empty frame and the first wanted sequence number. */
    private static final int REQUEST_FRAMES = 2;

    private final EventSocket socket;
    private final byte[] topic;
    private final ReplayForm form;
    private final ReplayRing ring;

    /** @throws IllegalArgumentException for an address that cannot be used */
    ReplaySocket(EventSockets sockets, ZmqEndpoint endpoint, String topic, ReplaySettings settings) {
        this.topic = topic.getBytes(StandardCharsets.UTF_8);
        form = settings.form();
        ring = new ReplayRing(settings.batches(), settings.sizeBytes());
        // Room for one whole replay and its end marker: what does not fit is lost.
        socket = EventSocket.open(sockets, SocketKind.ROUTER, endpoint, settings.batches() + 1, this::answer);
    }

    /** Where replay is asked for. Safe from any thread. */
    String endpoint() {
        return socket.address();
    }

    ReplayRing ring() {
        return ring;
    }

    void close() {
        socket.close();
    }

    /** Answers a request with all batches from the wanted one on and an end marker; ignores a malformed one. */
    private void answer(Peer peer, ZmtpMessage request) {
        if (request.frames() != REQUEST_FRAMES) {
            log.atDebug()
                    .addKeyValue("endpoint", endpoint())
                    .addKeyValue("frames", request.frames())
                    .log("malformed replay request ignored");
            return;
        }
        byte[] first = Arrays.copyOfRange(request.array(), request.start(1), request.end(1));
        for (ReplayRing.Entry entry : ring.from(SequenceFrame.read(first))) {
            reply(peer, topic, SequenceFrame.of(entry.sequence()), entry.payload());
        }
        reply(peer, EMPTY, SequenceFrame.end(), EMPTY);
    }

    private void reply(Peer peer, byte[] topicFrame, byte[] sequence, byte[] payload) {
        peer.offer(
                switch (form) {
                    case WITH_TOPIC -> ZmtpWire.message(EMPTY, topicFrame, sequence, payload);
                    case WITHOUT_TOPIC -> ZmtpWire.message(EMPTY, sequence, payload);
                });
    }
}
