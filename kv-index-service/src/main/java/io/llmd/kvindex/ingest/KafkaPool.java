package io.llmd.kvindex.ingest;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.PublisherListener;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.llmd.kv.ingest.owner.LaneOwners;
import io.llmd.kv.ingest.replica.ReplicaIndex;
import io.llmd.kv.key.KeyHasher;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A pool that is carried over Kafka. As an owner this process reads engines and publishes, as a replica it answers. */
public final class KafkaPool implements IndexedPool {

    private record Key(String endpoint, int rank) {}

    private final LongSupplier nanoClock;
    private final KeyHasher hasher;
    private final @Nullable LaneOwners owners;
    private final @Nullable LaneRegistrar registrar;
    private final @Nullable ReplicaIndex replica;
    private volatile boolean isOwning;

    /**
     * @param nanoClock monotonic
     * @param clockMillis milliseconds since 1970
     */
    public KafkaPool(
            KafkaSettings settings,
            PublisherListener published,
            ReplicaListener replicated,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        this.nanoClock = nanoClock;
        hasher = KeyHasher.of(
                settings.owner().pool().keyMode(), settings.owner().pool().seed());
        owners = settings.isOwner()
                ? new LaneOwners(
                        settings.connection(),
                        new KvTopics(settings.pool()),
                        settings.owner(),
                        published,
                        nanoClock,
                        clockMillis)
                : null;
        registrar = owners == null ? null : new LaneRegistrar(settings, () -> own(owners));
        replica = settings.isReplica()
                ? new ReplicaIndex(
                        settings.connection(),
                        new KvTopics(settings.pool()),
                        settings.owner().pool().index(),
                        replicated,
                        nanoClock,
                        clockMillis)
                : null;
    }

    private void own(LaneOwners made) {
        made.start();
        isOwning = true;
    }

    @Override
    public void start() {
        if (registrar != null) {
            registrar.start();
        }
        if (replica != null) {
            replica.start();
        }
    }

    @Override
    public void follow(List<EngineSource> sources) {
        if (registrar != null) {
            registrar.want(sources);
        }
    }

    @Override
    public @Nullable BlockIndex index() {
        return replica == null ? null : replica.index();
    }

    @Override
    public long root(String model) {
        return hasher.root(model);
    }

    @Override
    public double trust(IndexLane lane) {
        return replica == null ? 0 : replica.weight(lane);
    }

    @Override
    public boolean isReplaced(IndexLane lane) {
        return replica != null && replica.isReplaced(lane);
    }

    @Override
    public boolean isReady() {
        return replica == null ? isOwning : replica.status().isReady();
    }

    @Override
    public List<KvSource> sources() {
        List<LaneReading> readings = readings();
        if (replica == null) {
            return readings.stream()
                    .map(reading -> SourceReport.read(reading, null))
                    .toList();
        }
        Map<Key, LaneReading> here = new HashMap<>();
        readings.forEach(each -> here.put(new Key(each.endpoint(), each.rank()), each));
        long now = nanoClock.getAsLong();
        return replica.index().lanes().stream()
                .filter(lane -> !replica.isReplaced(lane))
                .map(lane -> SourceReport.replicated(
                        lane, replica.status(lane), now, here.get(new Key(lane.endpoint(), lane.rank()))))
                .sorted(Comparator.comparing(KvSource::endpoint).thenComparing(KvSource::rank))
                .toList();
    }

    @Override
    public List<LaneReading> readings() {
        return owners == null
                ? List.of()
                : owners.lanes().stream()
                        .map(lane -> new LaneReading(
                                lane.description().spec().endpoint(),
                                lane.description().spec().rank(),
                                lane.source(),
                                lane.reader()))
                        .sorted(Comparator.comparing(LaneReading::endpoint).thenComparing(LaneReading::rank))
                        .toList();
    }

    @Override
    public int clear(String endpoint) {
        return owners == null ? 0 : owners.clear(endpoint);
    }

    @Override
    public @Nullable PoolSnapshots snapshots() {
        return null;
    }

    @Override
    public void close() {
        if (registrar != null) {
            registrar.close();
        }
        if (owners != null) {
            owners.close();
        }
        if (replica != null) {
            replica.close();
        }
    }
}
