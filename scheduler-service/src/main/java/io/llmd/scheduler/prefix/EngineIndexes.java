package io.llmd.scheduler.prefix;

import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The indexes that follow engines' events, one for each way of reading them. An index lives while somebody uses it, so that
 * one outlives a reload of the configuration that does not change how events are read. Safe from any thread.
 */
public final class EngineIndexes {

    private static final class Shared {
        private final EngineIndex index;
        private int users;

        Shared(EngineIndex index) {
            this.index = index;
        }
    }

    private final EndpointStore store;
    private final KvIndexSource source;
    private final ReplicaListener listener;
    private final LongSupplier nanoClock;
    private final LongSupplier clockMillis;
    private final Map<EngineEvents, Shared> indexes = new HashMap<>();
    private final long[] endedFallbacks = new long[Fallback.COUNT];
    private long endedLookups;
    private long endedHits;
    private long endedEvictions;

    /** Indexes over the endpoints of {@code store} that read the engines' sockets. */
    public EngineIndexes(EndpointStore store, LongSupplier nanoClock) {
        this(store, KvIndexSource.ENGINES, new QuietReplica(), nanoClock, System::currentTimeMillis);
    }

    /**
     * Indexes over the endpoints of {@code store}.
     *
     * @param source where their knowledge comes from
     * @param listener hears what happens to those that follow a log
     * @param nanoClock monotonic
     * @param clockMillis milliseconds since 1970
     */
    public EngineIndexes(
            EndpointStore store,
            KvIndexSource source,
            ReplicaListener listener,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        this.store = Objects.requireNonNull(store, "store");
        this.source = Objects.requireNonNull(source, "source");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        this.clockMillis = Objects.requireNonNull(clockMillis, "clockMillis");
    }

    /**
     * Indexes over the endpoints of {@code store} to which batches of events are handed over, as in virtual time.
     *
     * @param sources makes what brings the batches of one index
     * @param nanoClock monotonic
     */
    public static EngineIndexes handed(EndpointStore store, Supplier<EventSources> sources, LongSupplier nanoClock) {
        return new EngineIndexes(
                store,
                new KvIndexSource.Handed(sources),
                new QuietReplica(),
                nanoClock,
                () -> TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong()));
    }

    /** The index for these events; it begins to follow the pool with its first user. */
    public synchronized EngineIndex acquire(EngineEvents events) {
        Shared shared = indexes.computeIfAbsent(events, any -> {
            EngineIndex index = new EngineIndex(events, open(events), nanoClock);
            store.addListener(index);
            return new Shared(index);
        });
        shared.users++;
        return shared.index;
    }

    private PrefixSource open(EngineEvents events) {
        return switch (source) {
            case KvIndexSource.Engines engines -> new DirectSource(events, engines, nanoClock);
            case KvIndexSource.Handed handed -> new DirectSource(events, handed, nanoClock);
            case KvIndexSource.Log log -> new LogSource(events, log, listener, nanoClock, clockMillis);
            case KvIndexSource.Service service -> new ServiceSource(events, service);
        };
    }

    /** One user less; the last one ends the index. */
    public void release(EngineEvents events) {
        EngineIndex unused = leave(events);
        if (unused != null) {
            // Waits for the index's thread, so not under the monitor.
            unused.close();
        }
    }

    private synchronized @Nullable EngineIndex leave(EngineEvents events) {
        Shared shared = indexes.get(events);
        if (shared == null || --shared.users > 0) {
            return null;
        }
        indexes.remove(events);
        store.removeListener(shared.index);
        endedLookups += shared.index.lookups();
        endedHits += shared.index.hits();
        endedEvictions += shared.index.evictedBlocks();
        for (Fallback reason : Fallback.values()) {
            endedFallbacks[reason.ordinal()] += shared.index.fallbacks(reason);
        }
        return shared.index;
    }

    /** All indexes in use. */
    public synchronized List<EngineIndex> all() {
        List<EngineIndex> all = new ArrayList<>();
        indexes.values().forEach(shared -> all.add(shared.index));
        return all;
    }

    /** Prompts that were looked up, in indexes that have ended too. */
    public synchronized long lookups() {
        return endedLookups + sum(EngineIndex::lookups);
    }

    /** Blocks of their longest matches. */
    public synchronized long hits() {
        return endedHits + sum(EngineIndex::hits);
    }

    /** Blocks forgotten because the memory was used up, in indexes that have ended too. */
    public synchronized long evictedBlocks() {
        return endedEvictions + sum(EngineIndex::evictedBlocks);
    }

    /** Requests for which an estimate stood in, in indexes that have ended too. */
    public synchronized long fallbacks(Fallback reason) {
        return endedFallbacks[reason.ordinal()] + sum(index -> index.fallbacks(reason));
    }

    private long sum(ToLongFunction<EngineIndex> value) {
        long sum = 0;
        for (Shared shared : indexes.values()) {
            sum += value.applyAsLong(shared.index);
        }
        return sum;
    }
}
