package io.llmd.simulator.kvevents;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZMQ;

/** Answers the replay requests of one rank. For one thread at a time, after it was handed over. */
final class ReplaySocket {

    private static final Logger log = LoggerFactory.getLogger(ReplaySocket.class);

    private static final byte[] EMPTY = {};
    /** Client's identity, empty frame, first wanted sequence number. */
    private static final int REQUEST_FRAMES = 3;

    private final ZMQ.Socket socket;
    private final String endpoint;
    private final byte[] topic;
    private final ReplayForm form;
    private final ReplayRing ring;

    ReplaySocket(ZMQ.Socket socket, String endpoint, String topic, ReplayForm form, ReplayRing ring) {
        this.socket = socket;
        this.endpoint = endpoint;
        this.topic = topic.getBytes(StandardCharsets.UTF_8);
        this.form = form;
        this.ring = ring;
    }

    ZMQ.Socket socket() {
        return socket;
    }

    String endpoint() {
        return endpoint;
    }

    ReplayRing ring() {
        return ring;
    }

    void close() {
        socket.close();
    }

    /** Answers one waiting request with all batches from the wanted one on and an end marker; ignores a malformed one. */
    void answer() {
        List<byte[]> request = receive();
        if (request.size() != REQUEST_FRAMES) {
            log.atDebug()
                    .addKeyValue("endpoint", endpoint)
                    .addKeyValue("frames", request.size())
                    .log("malformed replay request ignored");
            return;
        }
        byte[] client = request.get(0);
        for (ReplayRing.Entry entry : ring.from(SequenceFrame.read(request.get(2)))) {
            reply(client, topic, SequenceFrame.of(entry.sequence()), entry.payload());
        }
        reply(client, EMPTY, SequenceFrame.end(), EMPTY);
    }

    private List<byte[]> receive() {
        List<byte[]> frames = new ArrayList<>(REQUEST_FRAMES);
        byte[] frame = socket.recv(ZMQ.DONTWAIT);
        while (frame != null) {
            if (frames.size() <= REQUEST_FRAMES) {
                frames.add(frame);
            }
            frame = socket.hasReceiveMore() ? socket.recv(ZMQ.DONTWAIT) : null;
        }
        return frames;
    }

    private void reply(byte[] client, byte[] topicFrame, byte[] sequence, byte[] payload) {
        socket.send(client, ZMQ.SNDMORE);
        socket.send(EMPTY, ZMQ.SNDMORE);
        switch (form) {
            case WITH_TOPIC -> socket.send(topicFrame, ZMQ.SNDMORE);
            case WITHOUT_TOPIC -> {}
        }
        socket.send(sequence, ZMQ.SNDMORE);
        socket.send(payload, 0);
    }
}
