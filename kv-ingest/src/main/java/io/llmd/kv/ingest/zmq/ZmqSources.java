package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneTarget;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Follows the KV events of many publishers, with one thread for all their connections. Targets are called by that thread.
 * Safe from any thread.
 *
 * <p>Memory: a buffer of 8 KiB per connection, and what messages need that have not arrived in full, together at most
 * {@link ZmtpSettings#maxBufferedBytes}; per source, live batches that wait for a replay, within the limits of its settings.
 */
public final class ZmqSources implements EventSources {

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ZmqLoop loop;
    private final Map<ZmqSource.Key, DialledSource> sources = new ConcurrentHashMap<>();

    public ZmqSources(ZmtpSettings settings) {
        this(settings, RandomGenerator.getDefault());
    }

    /** @param random spreads the waits before a connection is dialled again */
    public ZmqSources(ZmtpSettings settings, RandomGenerator random) {
        loop = new ZmqLoop("kv-events-zmq", settings, random);
        loop.execute(this::tick);
    }

    private void tick() {
        loop.after(TICK_NANOS, this::tick);
        sources.values().forEach(DialledSource::tick);
    }

    @Override
    public void add(ZmqSource source, LaneTarget target, FeedPosition from) {
        DialledSource dialled = new DialledSource(loop, source, target, from);
        if (sources.putIfAbsent(source.key(), dialled) != null) {
            throw new IllegalArgumentException(
                    "source: " + source.endpoint() + " rank " + source.rank() + " twice (expected: once)");
        }
        loop.execute(dialled::start);
    }

    @Override
    public CompletableFuture<Void> remove(String endpoint, int rank) {
        DialledSource dialled = sources.remove(new ZmqSource.Key(endpoint, rank));
        if (dialled == null) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            dialled.stop();
            done.complete(null);
        });
        return done;
    }

    @Override
    public CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        loop.execute(() -> {
            DialledSource dialled = sources.get(new ZmqSource.Key(endpoint, rank));
            try {
                if (dialled != null) {
                    action.accept(dialled.position());
                }
                done.complete(dialled != null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** Runs an action on the thread of the targets, soon; it must not block. */
    public void execute(Runnable action) {
        loop.execute(action);
    }

    /** Runs an action on the thread of the targets again and again, until this is closed; it must not block or throw. */
    public void every(Duration interval, Runnable action) {
        loop.execute(() -> repeat(interval.toNanos(), action));
    }

    private void repeat(long nanos, Runnable action) {
        loop.after(nanos, () -> repeat(nanos, action));
        action.run();
    }

    @Override
    public List<SourceStatus> sources() {
        return sources.values().stream()
                .map(DialledSource::status)
                .sorted(Comparator.comparing(
                                (SourceStatus status) -> status.source().endpoint())
                        .thenComparing(status -> status.source().rank()))
                .toList();
    }

    /** Ends all connections and waits until no target is called any more, five seconds at most. */
    @Override
    public void close() {
        loop.close();
    }
}
