package io.llmd.kv.ingest.direct;

import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneFeed;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.ReplayPort;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One source whose batches the test hands over, with the rules of order and epochs that sockets have. */
final class HandFedSources implements EventSources {

    private final List<byte[]> published = new ArrayList<>();
    private @Nullable ZmqSource source;
    private @Nullable LaneFeed feed;
    private long asked = -1;

    /** Whether the next source is refused. */
    boolean failOnce;

    /** Runs before the next action between two batches. */
    Runnable beforeNextAction = () -> {};

    /** The publisher publishes; who is connected hears it. */
    void publish(byte[] payload) {
        published.add(payload);
        if (feed != null && feed.isConnected()) {
            feed.live(0, published.size() - 1, payload, 0, payload.length);
        }
    }

    /** The publisher is reached, and answers what it is asked. */
    void connect() {
        LaneFeed connecting = feed();
        connecting.connected(0);
        while (asked >= 0) {
            long from = asked;
            asked = -1;
            // Whoever asks anew listens to the former answer no more.
            for (int i = (int) from; i < published.size() && asked < 0; i++) {
                connecting.replayed(0, i, published.get(i), 0, published.get(i).length);
            }
            if (asked < 0) {
                connecting.replayEnded(0);
            }
        }
    }

    LaneFeed feed() {
        if (feed == null) {
            throw new AssertionError("no source");
        }
        return feed;
    }

    @Override
    public void add(ZmqSource added, LaneTarget target, FeedPosition from) {
        if (failOnce) {
            failOnce = false;
            throw new IllegalStateException("no more");
        }
        source = added;
        feed = new LaneFeed(added.endpoint(), added.rank(), added.settings(), target, new ReplayPort() {
            @Override
            public void request(long fromSequence) {
                asked = fromSequence;
            }

            @Override
            public void cancel() {
                asked = -1;
            }
        });
        feed.resume(from);
    }

    @Override
    public CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action) {
        Runnable first = beforeNextAction;
        beforeNextAction = () -> {};
        first.run();
        action.accept(feed().position());
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Void> remove(String endpoint, int rank) {
        source = null;
        feed = null;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<SourceStatus> sources() {
        return source == null
                ? List.of()
                : List.of(new SourceStatus(
                        source,
                        feed().state(),
                        feed().isConnected(),
                        feed().appliedSequence(),
                        feed().epoch(),
                        0,
                        0,
                        null,
                        null,
                        0,
                        feed().counters()));
    }

    @Override
    public void close() {
        source = null;
        feed = null;
    }
}
