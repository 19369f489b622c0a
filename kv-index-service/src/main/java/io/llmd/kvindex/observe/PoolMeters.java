package io.llmd.kvindex.observe;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.kv.event.KvDropReason;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kvindex.ingest.IndexedPool;
import io.llmd.kvindex.ingest.LaneReading;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Meters of a pool, brought up to date by {@link #sample}. What lanes count begins anew when a lane does; the meters take
 * the differences, so that they never go back. {@code sample} is for one thread at a time.
 */
public final class PoolMeters {

    /** What lanes count, and the meter that adds it up over all of them. */
    private record Total(Counter counter, ToLongFunction<LaneReading> value) {}

    /** What an endpoint's lanes count, with the endpoint as tag. */
    private record OfPod(String name, Tags tags, ToLongFunction<LaneReading> value) {}

    private static final List<OfPod> OF_PODS = List.of(
            new OfPod(
                    KvIndexMeters.RECONNECTIONS.getName(),
                    Tags.empty(),
                    lane -> Math.max(0, lane.status().counters().connections() - 1)),
            new OfPod(
                    KvIndexMeters.MESSAGES.getName(),
                    Tags.empty(),
                    lane -> lane.status().counters().batches()
                            + lane.status().counters().duplicates()),
            new OfPod(
                    KvIndexMeters.ZMQ_ERRORS.getName(),
                    Tags.of("operation", "connect"),
                    lane -> lane.status().connectionEnds()),
            new OfPod(
                    KvIndexMeters.ZMQ_ERRORS.getName(),
                    Tags.of("operation", "receive"),
                    lane -> lane.status().counters().malformed()));

    private final IndexedPool pool;
    private final MeterRegistry registry;
    private final List<Total> totals = new ArrayList<>();
    private final Map<LaneReader, long[]> seen = new HashMap<>();
    private final Map<String, Counter[]> pods = new HashMap<>();
    private final MultiGauge states;
    private final MultiGauge lags;

    public PoolMeters(IndexedPool pool, MeterRegistry registry) {
        this.pool = pool;
        this.registry = registry;
        ofIndex(KvIndexMeters.BLOCKS, BlockIndex::blocks);
        ofIndex(KvIndexMeters.MEMBERSHIPS, BlockIndex::memberships);
        ofIndex(KvIndexMeters.MEMORY, BlockIndex::bytes);
        ofIndex(KvIndexMeters.MAX_MEMORY, BlockIndex::maxBytes);
        FunctionCounter.builder(KvIndexMeters.EVICTED_BLOCKS.getName(), pool, of(BlockIndex::evictedBlocks))
                .register(registry);
        FunctionCounter.builder(KvIndexMeters.UNFOLLOWED_RULES.getName(), pool, of(BlockIndex::unfollowedRules))
                .register(registry);
        Gauge.builder(KvIndexMeters.SUBSCRIBERS.getName(), pool, PoolMeters::connected)
                .register(registry);
        Gauge.builder(
                        KvIndexMeters.OWNED_LANES.getName(),
                        pool,
                        each -> each.readings().size())
                .register(registry);
        states = MultiGauge.builder(KvIndexMeters.SOURCES.getName()).register(registry);
        lags = MultiGauge.builder(KvIndexMeters.SOURCE_LAG.getName()).register(registry);
        lanes();
        drops();
    }

    private void ofIndex(KvIndexMeters meter, ToDoubleFunction<BlockIndex> value) {
        Gauge.Builder<IndexedPool> gauge = Gauge.builder(meter.getName(), pool, of(value));
        if (meter == KvIndexMeters.MEMORY || meter == KvIndexMeters.MAX_MEMORY) {
            gauge.baseUnit("bytes");
        }
        gauge.register(registry);
    }

    private static ToDoubleFunction<IndexedPool> of(ToDoubleFunction<BlockIndex> value) {
        return pool -> {
            BlockIndex index = pool.index();
            return index == null ? 0 : value.applyAsDouble(index);
        };
    }

    private static double connected(IndexedPool pool) {
        return pool.readings().stream()
                .filter(each -> each.status().isConnected())
                .count();
    }

    private void lanes() {
        total(KvIndexMeters.ADMISSIONS, null, lane -> lane(lane).storedBlocks());
        total(KvIndexMeters.EVICTIONS, null, lane -> lane(lane).removedBlocks());
        total(KvIndexMeters.REMOVALS_SUPPRESSED, null, lane -> lane(lane).removalsThatLeftACopy());
        total(
                KvIndexMeters.REMOVALS_FORWARDED,
                null,
                lane -> Math.max(0, lane(lane).removedBlocks() - lane(lane).removalsThatLeftACopy()));
        total(KvIndexMeters.STORES_SKIPPED, "orphan", lane -> lane(lane).orphans());
        total(
                KvIndexMeters.STORES_SKIPPED,
                "unresolved_hash",
                lane -> lane(lane).unresolvedHashes());
        total(KvIndexMeters.STORES_SKIPPED, "misfit", lane -> lane(lane).misfits());
        total(KvIndexMeters.STORES_SKIPPED, "other_group", lane -> lane(lane).otherGroups());
        total(KvIndexMeters.STORES_SKIPPED, "remote", lane -> lane(lane).remotes());
        total(KvIndexMeters.REMOVALS_SKIPPED, "unknown_hash", lane -> lane(lane).unknownRemovals());
        total(KvIndexMeters.SOURCE_EVENTS, "duplicate", lane -> feed(lane).duplicates());
        total(KvIndexMeters.SOURCE_EVENTS, "gap", lane -> feed(lane).gaps());
        total(KvIndexMeters.SOURCE_EVENTS, "lost_batch", lane -> feed(lane).lostBatches());
        total(KvIndexMeters.SOURCE_EVENTS, "replay", lane -> feed(lane).replays());
        total(KvIndexMeters.SOURCE_EVENTS, "replay_failure", lane -> feed(lane).replayFailures());
        total(KvIndexMeters.SOURCE_EVENTS, "epoch", lane -> feed(lane).epochs());
        total(KvIndexMeters.SOURCE_EVENTS, "buffer_drop", lane -> feed(lane).bufferDrops());
        total(KvIndexMeters.SOURCE_EVENTS, "rank_mismatch", lane -> feed(lane).rankMismatches());
        total(KvIndexMeters.SOURCE_EVENTS, "target_failure", lane -> feed(lane).targetFailures());
    }

    private static io.llmd.kv.lane.LaneCounters lane(LaneReading reading) {
        return reading.reader().lane().counters();
    }

    private static io.llmd.kv.ingest.FeedCounters feed(LaneReading reading) {
        return reading.status().counters();
    }

    private void drops() {
        for (int i = 0; i < KvDropReason.COUNT; i++) {
            KvDropReason reason = KvDropReason.of(i);
            total(
                    KvIndexMeters.EVENT_DROPS,
                    reason.label(),
                    lane -> lane.reader().dropped(reason));
        }
    }

    private void total(KvIndexMeters meter, @Nullable String tag, ToLongFunction<LaneReading> value) {
        Tags tags = tag == null ? Tags.empty() : Tags.of(meter.getKeyNames()[0].asString(), tag);
        totals.add(new Total(registry.counter(meter.getName(), tags), value));
    }

    /** Takes the state of now; to be called each second. */
    public void sample() {
        List<LaneReading> readings = pool.readings();
        for (LaneReading each : readings) {
            take(each);
        }
        Set<LaneReader> present = readings.stream().map(LaneReading::reader).collect(Collectors.toUnmodifiableSet());
        seen.keySet().retainAll(present);
        Set<String> endpoints = readings.stream().map(LaneReading::endpoint).collect(Collectors.toUnmodifiableSet());
        pods.entrySet().removeIf(pod -> {
            boolean isGone = !endpoints.contains(pod.getKey());
            if (isGone) {
                for (Counter counter : pod.getValue()) {
                    registry.remove(counter);
                }
            }
            return isGone;
        });
        gauges();
    }

    private void take(LaneReading reading) {
        long[] before = seen.computeIfAbsent(reading.reader(), any -> new long[totals.size() + OF_PODS.size()]);
        for (int i = 0; i < totals.size(); i++) {
            Total total = totals.get(i);
            total.counter().increment(more(before, i, total.value().applyAsLong(reading)));
        }
        Counter[] counters = pods.computeIfAbsent(reading.endpoint(), this::counters);
        for (int i = 0; i < OF_PODS.size(); i++) {
            counters[i].increment(
                    more(before, totals.size() + i, OF_PODS.get(i).value().applyAsLong(reading)));
        }
    }

    private static long more(long[] before, int at, long now) {
        long more = Math.max(0, now - before[at]);
        before[at] = Math.max(before[at], now);
        return more;
    }

    private Counter[] counters(String endpoint) {
        Counter[] counters = new Counter[OF_PODS.size()];
        for (int i = 0; i < counters.length; i++) {
            OfPod each = OF_PODS.get(i);
            counters[i] = registry.counter(each.name(), each.tags().and("pod_identifier", endpoint));
        }
        return counters;
    }

    private void gauges() {
        Map<String, Integer> byState = new TreeMap<>();
        List<MultiGauge.Row<?>> lagRows = new ArrayList<>();
        for (KvSource each : pool.sources()) {
            byState.merge(each.state(), 1, Integer::sum);
            lagRows.add(MultiGauge.Row.of(
                    Tags.of("endpoint", each.endpoint(), "rank", String.valueOf(each.rank())), each.lagBatches()));
        }
        List<MultiGauge.Row<?>> stateRows = new ArrayList<>();
        byState.forEach((state, count) -> stateRows.add(MultiGauge.Row.of(Tags.of("state", state), count)));
        states.register(stateRows, true);
        lags.register(lagRows, true);
    }
}
