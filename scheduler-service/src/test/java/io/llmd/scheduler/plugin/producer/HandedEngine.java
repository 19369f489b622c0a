package io.llmd.scheduler.plugin.producer;

import io.llmd.kv.ingest.FeedCounters;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One engine of which all is known, and whose batches the test hands over. */
final class HandedEngine implements EventSources {

    private static final FeedCounters NOTHING = new FeedCounters(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private @Nullable ZmqSource source;
    private @Nullable LaneTarget target;
    private long sequence;

    /** A batch of MessagePack, in hexadecimal digits. */
    void publish(String hex) {
        byte[] payload = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        Objects.requireNonNull(target, "target").batch(sequence++, payload, 0, payload.length);
    }

    @Override
    public void add(ZmqSource added, LaneTarget taker, FeedPosition from) {
        source = added;
        target = taker;
        taker.coverage(true);
    }

    @Override
    public CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action) {
        return CompletableFuture.completedFuture(false);
    }

    @Override
    public CompletableFuture<Void> remove(String endpoint, int rank) {
        source = null;
        target = null;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<SourceStatus> sources() {
        return source == null
                ? List.of()
                : List.of(new SourceStatus(
                        source, SourceState.EXACT, true, sequence - 1, 0, 0, 0, null, null, 0, NOTHING));
    }

    @Override
    public void close() {
        source = null;
        target = null;
    }
}
