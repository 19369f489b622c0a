package io.llmd.kv.ingest.owner;

import io.llmd.kv.delta.LaneSnapshots;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.kafka.DeltaPublisher;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneOwner;
import io.llmd.kv.ingest.kafka.LaneOwnership;
import io.llmd.kv.ingest.kafka.LanePublisher;
import io.llmd.kv.ingest.kafka.PublisherListener;
import io.llmd.kv.ingest.kafka.SnapshotLoader;
import io.llmd.kv.ingest.kafka.SnapshotPlace;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.ingest.zmq.ZmqSources;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.lane.LaneSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's share in owning the lanes of a pool. Lanes come and go as {@link LaneOwnership} says; a lane that comes
 * begins from its newest snapshot and asks its engine for what it has sent since. Safe from any thread.
 *
 * <p>Three threads: one that learns which lanes are ours, one that reads snapshots, one for all sockets of engines. Grows
 * with the blocks that the engines of owned lanes hold, some 27 bytes each.
 */
public final class LaneOwners implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LaneOwners.class);
    private static final Duration LOAD_LIMIT = Duration.ofSeconds(30);
    private static final long RETRY_MILLIS = 1_000;

    /** A lane that is ours by its newest term; {@code lane} is null until its snapshot was read. */
    private static final class Owned {
        private final LaneDescription description;
        private final int term;
        private volatile @Nullable EngineLane lane;

        Owned(LaneDescription description, int term, @Nullable EngineLane lane) {
            this.description = description;
            this.term = term;
            this.lane = lane;
        }
    }

    /**
     * How an owned lane fares.
     *
     * @param source its connections and sequence numbers; its endpoint is the lane's id
     * @param reader what its events were
     */
    public record Lane(LaneDescription description, int term, SourceStatus source, LaneReader reader) {}

    private final KvTopics topics;
    private final OwnerSettings settings;
    private final KeyHasher hasher;
    private final LongSupplier nanoClock;
    private final KvEventDecoder decoder = new KvEventDecoder();
    private final Map<String, Owned> owned = new LinkedHashMap<>();
    private final ZmqSources sources;
    private final SnapshotLoader loader;
    private final DeltaPublisher publisher;
    private final LaneOwnership ownership;
    private final ScheduledExecutorService takeovers = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("kv-lane-takeover").factory());
    private final LaneTicks ticks = new LaneTicks();
    private boolean isPlanned;

    /**
     * @param nanoClock monotonic
     * @param clockMillis milliseconds since 1970
     * @throws KafkaException when a property of the clients is wrong
     */
    public LaneOwners(
            KafkaConnection connection,
            KvTopics topics,
            OwnerSettings settings,
            PublisherListener listener,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        this.topics = topics;
        this.settings = settings;
        this.nanoClock = nanoClock;
        hasher = KeyHasher.of(settings.pool().keyMode(), settings.pool().seed());
        sources = new ZmqSources(settings.pool().zmq());
        loader = new SnapshotLoader(connection);
        publisher = new DeltaPublisher(connection, listener, settings.snapshotInterval(), clockMillis);
        ownership = new LaneOwnership(connection, topics.pool(), settings.name(), new Share(), nanoClock);
    }

    /** Joins the owners; once. The topics exist. */
    public void start() {
        sources.every(settings.tick(), this::tick);
        ownership.start();
    }

    /** Takes part in the sharing of lanes; called by its thread. */
    private final class Share implements LaneOwner {

        @Override
        public void acquired(LaneDescription lane, int term) {
            synchronized (LaneOwners.this) {
                Owned before = owned.get(lane.id());
                owned.put(lane.id(), new Owned(lane, term, before == null ? null : before.lane));
                plan(0);
            }
        }

        @Override
        public void released(LaneDescription lane) {
            synchronized (LaneOwners.this) {
                owned.remove(lane.id());
                sources.remove(lane.id(), lane.spec().rank());
            }
        }
    }

    private synchronized void plan(long delayMillis) {
        if (!isPlanned && !takeovers.isShutdown()) {
            isPlanned = true;
            takeovers.schedule(this::takeOver, delayMillis, TimeUnit.MILLISECONDS);
        }
    }

    /** Opens all terms that are not open yet; lanes of one partition share one reading of its snapshots. */
    private void takeOver() {
        Map<Integer, List<Owned>> fresh = new HashMap<>();
        List<Owned> known = new ArrayList<>();
        synchronized (this) {
            isPlanned = false;
            for (Owned each : owned.values()) {
                if (each.lane == null) {
                    fresh.computeIfAbsent(each.description.partition(), any -> new ArrayList<>())
                            .add(each);
                } else if (isBehind(each, each.lane)) {
                    known.add(each);
                }
            }
        }
        try {
            known.forEach(this::renew);
            fresh.forEach(this::begin);
        } catch (KafkaException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("lanes cannot be taken over now");
            plan(RETRY_MILLIS);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("lanes were not taken over");
            plan(RETRY_MILLIS);
        }
    }

    private static boolean isBehind(Owned each, EngineLane lane) {
        return lane.publishedTerm() != each.term;
    }

    /** A lane that is followed goes on in its next term. */
    private void renew(Owned each) {
        EngineLane lane = each.lane;
        if (lane == null) {
            return;
        }
        publisher.prepare(each.description);
        sources.execute(() -> {
            if (!isBehind(each, lane)) {
                return;
            }
            LanePublisher before = lane.publisher();
            SnapshotPlace place = before == null ? SnapshotPlace.FIRST : before.place();
            lane.publishTo(publisher.open(each.description, each.term, lane.epoch(), place, lane));
        });
    }

    private void begin(int partition, List<Owned> lanes) {
        Map<String, LaneSnapshots> found = loader.load(
                topics,
                partition,
                lanes.stream()
                        .map(each -> each.description.id())
                        .collect(java.util.stream.Collectors.toUnmodifiableSet()),
                LOAD_LIMIT);
        for (Owned each : lanes) {
            LaneSnapshots snapshots = found.get(each.description.id());
            try {
                begin(each, snapshots == null ? new LaneSnapshots() : snapshots);
            } catch (IllegalArgumentException e) {
                LOG.atError()
                        .addKeyValue("lane", each.description.id())
                        .addKeyValue("reason", e.getMessage())
                        .log("a lane cannot be served as it is described");
            }
        }
    }

    private void begin(Owned each, LaneSnapshots snapshots) {
        LaneDescription description = each.description;
        ZmqSource source = source(description);
        EngineLane lane = new EngineLane(laneSettings(description), decoder, nanoClock);
        SnapshotSet known = snapshots.newestComplete(description.spec().counting());
        if (known != null) {
            lane.restore(known);
        } else if (snapshots.newestComplete() != null) {
            LOG.atWarn()
                    .addKeyValue("lane", description.id())
                    .addKeyValue("reason", "copies are counted in another way")
                    .log("snapshot of a lane refused, it begins anew");
        }
        lane.publishTo(publisher.open(description, each.term, lane.epoch(), SnapshotPlace.after(snapshots), lane));
        synchronized (this) {
            if (owned.get(description.id()) == each) {
                each.lane = lane;
                sources.add(source, lane, lane.position());
            } else {
                plan(0);
            }
        }
        LOG.atInfo()
                .addKeyValue("lane", description.id())
                .addKeyValue("blocks", lane.blocks())
                .log("lane taken over");
    }

    private LaneSettings laneSettings(LaneDescription description) {
        PoolSettings pool = settings.pool();
        String wanted = OwnerSettings.keyMode(pool);
        if (!description.spec().keyMode().equals(wanted)) {
            throw new IllegalArgumentException(
                    "keyMode: " + description.spec().keyMode() + " (expected: " + wanted + ")");
        }
        String model = description.spec().model();
        return LaneSettings.of(
                        hasher,
                        model.isEmpty() ? pool.model() : model,
                        description.spec().blockTokens())
                .withCounting(description.spec().counting());
    }

    private static ZmqSource source(LaneDescription description) {
        String replay = description.spec().replayAddress();
        return ZmqSource.of(
                description.id(),
                description.spec().rank(),
                ZmqAddress.parse(description.spec().eventAddress()),
                replay.isEmpty() ? null : ZmqAddress.parse(replay));
    }

    /** On the sources' thread. */
    private void tick() {
        List<Owned> now = snapshot();
        ticks.run(now, each -> each.description.id(), each -> {
            EngineLane lane = each.lane;
            if (lane != null) {
                lane.tick();
            }
        });
        now.forEach(this::reclaimIfBroken);
    }

    private void reclaimIfBroken(Owned each) {
        EngineLane lane = each.lane;
        LanePublisher open = lane == null ? null : lane.publisher();
        if (open != null && open.isBroken()) {
            ownership.reclaim(each.description.id(), open.term());
        }
    }

    private synchronized List<Owned> snapshot() {
        return List.copyOf(owned.values());
    }

    /** Lanes that are followed here. */
    public List<Lane> lanes() {
        Map<String, SourceStatus> statuses = new HashMap<>();
        for (SourceStatus each : sources.sources()) {
            statuses.put(each.source().endpoint(), each);
        }
        List<Lane> lanes = new ArrayList<>();
        for (Owned each : snapshot()) {
            SourceStatus status = statuses.get(each.description.id());
            EngineLane lane = each.lane;
            if (lane != null && status != null) {
                lanes.add(new Lane(each.description, each.term, status, lane.reader()));
            }
        }
        return lanes;
    }

    /**
     * Forgets what the lanes of an endpoint hold and asks the engine for everything again.
     *
     * @return lanes that are followed here and were cleared
     */
    public synchronized int clear(String endpoint) {
        int cleared = 0;
        for (Owned each : owned.values()) {
            EngineLane lane = each.lane;
            if (lane != null && each.description.spec().endpoint().equals(endpoint)) {
                cleared++;
                sources.remove(each.description.id(), each.description.spec().rank())
                        .thenRun(() -> followAnew(each, lane));
            }
        }
        return cleared;
    }

    private void followAnew(Owned each, EngineLane lane) {
        lane.forget();
        synchronized (this) {
            Owned now = owned.get(each.description.id());
            if (now != null && now.lane == lane) {
                sources.add(source(each.description), lane, lane.position());
            }
        }
    }

    /** Leaves the owners, sends what waits and ends all connections; some seconds at most. */
    @Override
    public void close() {
        ownership.stop();
        takeovers.shutdownNow();
        sources.close();
        publisher.close();
    }
}
