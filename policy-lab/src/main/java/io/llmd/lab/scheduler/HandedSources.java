package io.llmd.lab.scheduler;

import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneFeed;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.ReplayPort;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.lab.fleet.Conditions;
import io.llmd.simulator.cluster.SimulationControl;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one index, handed over in virtual time instead of over sockets. Numbers, gaps and replays are handled by the
 * {@link LaneFeed} that sockets have too. For the thread of the simulation.
 */
final class HandedSources implements EventSources {

    private static final long TICK_NANOS = 100_000_000;

    /** Batches of an endpoint that can be asked for again; an engine keeps 10,000. */
    private static final int KEPT_BATCHES = 1000;

    private record Batch(long sequence, byte[] payload) {}

    /** One endpoint's batches. */
    private static final class Line implements ReplayPort {
        private final ZmqSource source;
        private final LaneFeed feed;
        private final long lagNanos;
        private final Deque<Batch> kept = new ArrayDeque<>();
        private @Nullable SimulationControl control;
        private long receivedBytes;
        private long question;

        Line(ZmqSource source, LaneTarget target, Conditions conditions) {
            this.source = source;
            lagNanos = conditions.eventLag().toNanos();
            feed = new LaneFeed(
                    source.endpoint(), source.rank(), source.settings(), target, conditions.replay() ? this : null);
        }

        void keep(Batch batch) {
            kept.addLast(batch);
            if (kept.size() > KEPT_BATCHES) {
                kept.removeFirst();
            }
        }

        @Override
        public void request(long fromSequence) {
            SimulationControl running = control;
            long asked = ++question;
            if (running != null) {
                running.at(running.now() + 2 * lagNanos, () -> {
                    if (asked == question) {
                        answer(fromSequence, running.now());
                    }
                });
            }
        }

        private void answer(long fromSequence, long now) {
            for (Batch batch : List.copyOf(kept)) {
                if (batch.sequence() >= fromSequence) {
                    feed.replayed(now, batch.sequence(), batch.payload(), 0, batch.payload().length);
                }
            }
            feed.replayEnded(now);
        }

        @Override
        public void cancel() {
            question++;
        }

        SourceStatus status() {
            return new SourceStatus(
                    source,
                    feed.state(),
                    feed.isConnected(),
                    feed.appliedSequence(),
                    feed.epoch(),
                    feed.lagBatches(),
                    receivedBytes,
                    null,
                    null,
                    0,
                    feed.counters());
        }
    }

    private final Conditions conditions;
    private final ToIntFunction<String> endpointIndex;
    private final Map<Integer, Line> lines = new TreeMap<>();

    /** @param endpointIndex place of an endpoint in the fleet, by its id */
    HandedSources(Conditions conditions, ToIntFunction<String> endpointIndex) {
        this.conditions = conditions;
        this.endpointIndex = endpointIndex;
    }

    /** All connections come about. */
    void begin(SimulationControl control) {
        lines.values().forEach(line -> {
            line.control = control;
            line.feed.connected(control.now());
        });
        control.every(TICK_NANOS, () -> lines.values().forEach(line -> line.feed.tick(control.now())));
    }

    /** An endpoint published a batch. */
    void published(int endpoint, long sequence, byte[] payload, boolean isLost, long now) {
        Line line = lines.get(endpoint);
        if (line == null) {
            return;
        }
        if (conditions.replay()) {
            line.keep(new Batch(sequence, payload));
        }
        if (!isLost) {
            line.receivedBytes += payload.length;
            line.feed.live(now, sequence, payload, 0, payload.length);
        }
    }

    @Override
    public void add(ZmqSource source, LaneTarget target, FeedPosition from) {
        Line line = new Line(source, target, conditions);
        line.feed.resume(from);
        if (lines.putIfAbsent(endpointIndex.applyAsInt(source.endpoint()), line) != null) {
            throw new IllegalArgumentException("source: " + source.endpoint() + " twice (expected: once)");
        }
    }

    @Override
    public CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action) {
        Line line = lines.get(endpointIndex.applyAsInt(endpoint));
        if (line != null) {
            action.accept(line.feed.position());
        }
        return CompletableFuture.completedFuture(line != null);
    }

    @Override
    public CompletableFuture<Void> remove(String endpoint, int rank) {
        lines.remove(endpointIndex.applyAsInt(endpoint));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<SourceStatus> sources() {
        return lines.values().stream()
                .map(Line::status)
                .sorted(Comparator.comparing(status -> status.source().endpoint()))
                .toList();
    }

    @Override
    public void close() {
        lines.clear();
    }
}
