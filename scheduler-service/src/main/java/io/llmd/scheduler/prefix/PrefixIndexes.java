package io.llmd.scheduler.prefix;

import io.llmd.scheduler.datalayer.EndpointStore;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The prefix indexes of all producers by instance name. An index outlives reloads of the configuration. */
public final class PrefixIndexes {

    private final EndpointStore store;
    private final Map<String, PrefixIndex> indexes = new ConcurrentHashMap<>();

    /** Indexes over the endpoints of {@code store}. */
    public PrefixIndexes(EndpointStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The index of this name; made when there is none. */
    public PrefixIndex named(String name) {
        return indexes.computeIfAbsent(name, ignored -> {
            PrefixIndex index = new PrefixIndex();
            store.addListener(index);
            return index;
        });
    }

    /** Blocks in all indexes. */
    public long size() {
        return indexes.values().stream().mapToLong(PrefixIndex::size).sum();
    }
}
