package io.llmd.kvindex.query;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kvindex.ingest.EngineSource;
import io.llmd.kvindex.ingest.IndexedPool;
import io.llmd.kvindex.ingest.LaneReading;
import io.llmd.kvindex.ingest.PoolSnapshots;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pool that has what a test stores in its index. */
final class FilledPool implements IndexedPool {
    final BlockIndex index = new BlockIndex(IndexSettings.DEFAULT);
    final Map<IndexLane, Double> trust = new HashMap<>();
    final Set<IndexLane> replaced = new HashSet<>();
    boolean hasIndex = true;
    private final KeyHasher hasher;

    FilledPool(KeyHasher hasher) {
        this.hasher = hasher;
    }

    @Override
    public void start() {}

    @Override
    public void follow(List<EngineSource> sources) {}

    @Override
    public @Nullable BlockIndex index() {
        return hasIndex ? index : null;
    }

    @Override
    public long root(String model) {
        return hasher.root(model);
    }

    @Override
    public double trust(IndexLane lane) {
        return trust.getOrDefault(lane, 1.0);
    }

    @Override
    public boolean isReplaced(IndexLane lane) {
        return replaced.contains(lane);
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public List<KvSource> sources() {
        return List.of(
                new KvSource("a", 0, "exact", true, true, 0, 5, 0, 0, new TierBlocks(1, 0, 0, 0), Map.of(), Map.of()));
    }

    @Override
    public List<LaneReading> readings() {
        return List.of();
    }

    @Override
    public int clear(String endpoint) {
        return endpoint.equals("a") ? 2 : 0;
    }

    @Override
    public @Nullable PoolSnapshots snapshots() {
        return null;
    }

    @Override
    public void close() {}
}
