package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneFeed;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.kv.zmtp.ZmtpMessage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One source with its connections. {@link #status()} is safe from any thread, all else is for the loop's. */
final class DialledSource implements ZmtpListener {

    private static final int FRAMES = 3;
    private static final int TOPIC = 0;
    private static final int SEQUENCE = 1;
    private static final int PAYLOAD = 2;
    private static final int MAX_TOPIC_BYTES = 4096;

    private final ZmqLoop loop;
    private final ZmqSource source;
    private final @Nullable ReplayClient replay;
    private final LaneFeed feed;
    private @Nullable ZmtpLink link;
    private byte @Nullable [] topicBytes;
    private @Nullable String topic;
    private @Nullable LinkEnd lastEnd;
    private long connectionEnds;
    private volatile SourceStatus status;

    DialledSource(ZmqLoop loop, ZmqSource source, LaneTarget target, FeedPosition from) {
        this.loop = loop;
        this.source = source;
        ZmqAddress replayAddress = source.replayAddress();
        replay = replayAddress == null ? null : new ReplayClient(loop, replayAddress);
        feed = new LaneFeed(source.endpoint(), source.rank(), source.settings(), target, replay);
        feed.resume(from);
        if (replay != null) {
            replay.answerTo(feed);
        }
        status = newStatus();
    }

    SourceStatus status() {
        return status;
    }

    FeedPosition position() {
        return feed.position();
    }

    void start() {
        link = loop.subscribe(
                source.address().host(),
                source.address().port(),
                source.topicPrefix().getBytes(StandardCharsets.UTF_8),
                this);
    }

    void stop() {
        if (link != null) {
            link.close();
        }
        feed.disconnected();
        status = newStatus();
    }

    /** To be called a few times a second. */
    void tick() {
        ZmtpLink open = link;
        if (open == null) {
            return;
        }
        try {
            feed.tick(loop.now());
        } catch (RuntimeException e) {
            open.fail(e);
        }
        if (isStale()) {
            status = newStatus();
        }
    }

    private boolean isStale() {
        SourceStatus shown = status;
        return shown.receivedBytes() != receivedBytes()
                || shown.state() != feed.state()
                || shown.isConnected() != feed.isConnected()
                || shown.connectionEnds() != connectionEnds;
    }

    private long receivedBytes() {
        return (link == null ? 0 : link.bytesRead()) + (replay == null ? 0 : replay.bytesRead());
    }

    private SourceStatus newStatus() {
        return new SourceStatus(
                source,
                feed.state(),
                feed.isConnected(),
                feed.appliedSequence(),
                feed.epoch(),
                feed.lagBatches(),
                receivedBytes(),
                topic,
                lastEnd,
                connectionEnds,
                feed.counters());
    }

    @Override
    public void connected() {
        feed.connected(loop.now());
    }

    @Override
    public void message(ZmtpMessage message) {
        if (message.frames() != FRAMES || message.length(SEQUENCE) != Long.BYTES || message.length(PAYLOAD) == 0) {
            feed.malformed();
            return;
        }
        noteTopic(message);
        feed.live(loop.now(), message.number(SEQUENCE), message.array(), message.start(PAYLOAD), message.end(PAYLOAD));
    }

    private void noteTopic(ZmtpMessage message) {
        int from = message.start(TOPIC);
        int to = Math.min(message.end(TOPIC), from + MAX_TOPIC_BYTES);
        byte[] known = topicBytes;
        if (known == null || !Arrays.equals(known, 0, known.length, message.array(), from, to)) {
            topicBytes = Arrays.copyOfRange(message.array(), from, to);
            topic = new String(topicBytes, StandardCharsets.UTF_8);
        }
    }

    @Override
    public void disconnected(LinkEnd end) {
        lastEnd = end;
        connectionEnds++;
        feed.disconnected();
    }
}
