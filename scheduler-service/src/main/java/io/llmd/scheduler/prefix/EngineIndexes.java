package io.llmd.scheduler.prefix;

import io.llmd.scheduler.datalayer.EndpointStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
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
    private final LongSupplier nanoClock;
    private final Map<EngineEvents, Shared> indexes = new HashMap<>();

    /** Indexes over the endpoints of {@code store}. */
    public EngineIndexes(EndpointStore store, LongSupplier nanoClock) {
        this.store = Objects.requireNonNull(store, "store");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** The index for these events; it begins to follow the pool with its first user. */
    public synchronized EngineIndex acquire(EngineEvents events) {
        Shared shared = indexes.computeIfAbsent(events, any -> {
            EngineIndex index = new EngineIndex(events, nanoClock);
            store.addListener(index);
            return new Shared(index);
        });
        shared.users++;
        return shared.index;
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
        return shared.index;
    }

    /** All indexes in use. */
    public synchronized List<EngineIndex> all() {
        List<EngineIndex> all = new ArrayList<>();
        indexes.values().forEach(shared -> all.add(shared.index));
        return all;
    }
}
