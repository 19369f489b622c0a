package io.llmd.kvindex.ingest;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.direct.LaneCopy;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmqSource;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** A pool whose engines this process reads itself, into the index that it answers from. */
public final class DirectPool implements IndexedPool {

    private record Key(String endpoint, int rank) {}

    private final DirectIndex direct;
    private final PoolSnapshots snapshots;
    private final long readyAfterNanos;
    private final LongSupplier nanoClock;
    private final Map<Key, EngineSource> followed = new HashMap<>();
    private volatile long startedNanos;
    private volatile boolean isStarted;

    /**
     * @param readyAfter when the index counts as ready although engines cannot be reached
     * @param nanoClock monotonic
     */
    public DirectPool(PoolSettings settings, Duration readyAfter, LongSupplier nanoClock) {
        direct = new DirectIndex(settings, nanoClock);
        snapshots = new PoolSnapshots(direct, this::restore);
        readyAfterNanos = readyAfter.toNanos();
        this.nanoClock = nanoClock;
    }

    @Override
    public void start() {
        startedNanos = nanoClock.getAsLong();
        isStarted = true;
    }

    @Override
    public synchronized void follow(List<EngineSource> sources) {
        Map<Key, EngineSource> wanted = new HashMap<>();
        sources.forEach(each -> wanted.put(new Key(each.endpoint(), each.rank()), each));
        for (Map.Entry<Key, EngineSource> each : List.copyOf(followed.entrySet())) {
            if (!each.getValue().equals(wanted.get(each.getKey()))) {
                forget(each.getKey());
            }
        }
        wanted.forEach((key, source) -> {
            if (followed.putIfAbsent(key, source) == null) {
                add(source);
            }
        });
    }

    private void add(EngineSource source) {
        direct.add(ZmqSource.of(source.endpoint(), source.rank(), source.address(), source.replayAddress()));
    }

    private void forget(Key key) {
        followed.remove(key);
        direct.remove(key.endpoint(), key.rank());
    }

    @Override
    public BlockIndex index() {
        return direct.index();
    }

    @Override
    public long root(String model) {
        return direct.root(model);
    }

    @Override
    public double trust(IndexLane lane) {
        return 1;
    }

    @Override
    public boolean isReplaced(IndexLane lane) {
        return false;
    }

    @Override
    public boolean isReady() {
        if (!isStarted) {
            return false;
        }
        return nanoClock.getAsLong() - startedNanos >= readyAfterNanos
                || direct.lanes().stream().allMatch(lane -> lane.source().state() != SourceState.CATCHING_UP);
    }

    @Override
    public List<KvSource> sources() {
        return direct.lanes().stream()
                .map(lane -> SourceReport.read(reading(lane), lane.lane()))
                .toList();
    }

    @Override
    public List<LaneReading> readings() {
        return direct.lanes().stream().map(DirectPool::reading).toList();
    }

    private static LaneReading reading(DirectIndex.Lane lane) {
        return new LaneReading(
                lane.source().source().endpoint(), lane.source().source().rank(), lane.source(), lane.reader());
    }

    @Override
    public synchronized int clear(String endpoint) {
        List<EngineSource> cleared = followed.values().stream()
                .filter(each -> each.endpoint().equals(endpoint))
                .toList();
        for (EngineSource each : cleared) {
            direct.remove(each.endpoint(), each.rank());
            add(each);
        }
        return cleared.size();
    }

    @Override
    public PoolSnapshots snapshots() {
        return snapshots;
    }

    private synchronized boolean restore(LaneCopy copy, boolean isReplacing) {
        return followed.containsKey(new Key(copy.endpoint(), copy.rank())) && direct.restore(copy, isReplacing);
    }

    @Override
    public void close() {
        direct.close();
    }
}
