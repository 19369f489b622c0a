package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.LaneFeed;
import io.llmd.kv.ingest.ReplayPort;
import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.kv.zmtp.ZmtpMessage;
import io.llmd.kv.zmtp.ZmtpWire;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Asks a router for old batches, over a connection of its own for each request. For the loop's thread. */
final class ReplayClient implements ReplayPort {

    private final ZmqLoop loop;
    private final ZmqAddress address;
    private @Nullable LaneFeed feed;
    private @Nullable ZmtpLink link;
    private long bytesOfEndedLinks;

    ReplayClient(ZmqLoop loop, ZmqAddress address) {
        this.loop = loop;
        this.address = address;
    }

    /** Sets who gets the answers; before anything is asked. */
    void answerTo(LaneFeed value) {
        feed = value;
    }

    long bytesRead() {
        return bytesOfEndedLinks + (link == null ? 0 : link.bytesRead());
    }

    @Override
    public void request(long fromSequence) {
        cancel();
        link = loop.ask(address.host(), address.port(), new Request(Objects.requireNonNull(feed), fromSequence));
    }

    @Override
    public void cancel() {
        ZmtpLink old = link;
        link = null;
        if (old != null) {
            bytesOfEndedLinks += old.bytesRead();
            old.close();
        }
    }

    private final class Request implements ZmtpListener {
        private final LaneFeed answered;
        private final long fromSequence;

        Request(LaneFeed answered, long fromSequence) {
            this.answered = answered;
            this.fromSequence = fromSequence;
        }

        @Override
        public void connected() {
            if (link != null) {
                link.send(ZmtpWire.replayRequest(fromSequence));
            }
        }

        @Override
        public void message(ZmtpMessage message) {
            switch (ReplayReply.of(message)) {
                case BATCH -> {
                    int payload = message.frames() - 1;
                    answered.replayed(
                            loop.now(),
                            message.number(payload - 1),
                            message.array(),
                            message.start(payload),
                            message.end(payload));
                }
                case END -> answered.replayEnded(loop.now());
                case MALFORMED -> answered.malformed();
            }
        }

        @Override
        public void disconnected(LinkEnd end) {
            answered.replayFailed(loop.now());
        }
    }
}
