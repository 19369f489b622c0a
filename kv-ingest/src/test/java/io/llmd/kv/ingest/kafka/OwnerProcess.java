package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotSet;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that owns lanes, as a service would: takes over from snapshots, replays engines, publishes. */
final class OwnerProcess implements LaneOwner, AutoCloseable {

    private static final class Served {
        private final LaneDescription lane;
        private final ModelOwner state;
        private final LanePublisher publisher;

        Served(LaneDescription lane, ModelOwner state, LanePublisher publisher) {
            this.lane = lane;
            this.state = state;
            this.publisher = publisher;
        }
    }

    final RecordedPublisher published = new RecordedPublisher();
    final Map<String, Integer> terms = new ConcurrentHashMap<>();
    private final FakeEngines engines;
    private final Map<String, Served> served = new ConcurrentHashMap<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("owner").factory());
    private final SnapshotLoader loader;
    private final DeltaPublisher publisher;
    private final LaneOwnership ownership;

    OwnerProcess(KafkaConnection connection, String name, FakeEngines engines, Duration snapshots, long bufferBytes) {
        this.engines = engines;
        loader = new SnapshotLoader(connection);
        publisher = new DeltaPublisher(connection, published, snapshots, System::currentTimeMillis, bufferBytes);
        ownership = new LaneOwnership(connection, name, this, System::nanoTime);
        thread.scheduleWithFixedDelay(this::turn, 2, 2, TimeUnit.MILLISECONDS);
        ownership.start();
    }

    @Override
    public void acquired(LaneDescription lane, int term) {
        thread.execute(() -> {
            Served before = served.remove(lane.id());
            served.put(lane.id(), open(lane, term, before));
            terms.put(lane.id(), term);
        });
    }

    private Served open(LaneDescription lane, int term, @Nullable Served before) {
        ModelOwner state = new ModelOwner();
        SnapshotPlace place;
        if (before != null) {
            state = before.state;
            place = before.publisher.place();
        } else {
            LaneSnapshots found = loader.load(
                            new KvTopics(lane.spec().pool()),
                            lane.partition(),
                            Set.of(lane.id()),
                            Duration.ofSeconds(10))
                    .get(lane.id());
            SnapshotSet set = found == null ? null : found.newestComplete();
            if (set != null) {
                state.restore(set);
            }
            place = found == null ? SnapshotPlace.FIRST : SnapshotPlace.after(found);
        }
        LanePublisher opened = publisher.open(lane, term, 0, place, state);
        state.tells(opened);
        return new Served(lane, state, opened);
    }

    @Override
    public void released(LaneDescription lane) {
        terms.remove(lane.id());
        thread.execute(() -> served.remove(lane.id()));
    }

    private void turn() {
        for (Served each : served.values()) {
            engines.replay(each.lane.id(), each.state);
            each.publisher.tick(System.nanoTime());
            if (each.publisher.isBroken()) {
                ownership.reclaim(each.lane.id(), each.publisher.term());
            }
        }
    }

    /** Ends without telling anyone but the broker's group. */
    void leave() {
        ownership.stop();
    }

    @Override
    public void close() {
        ownership.stop();
        thread.shutdownNow();
        publisher.close();
    }
}
