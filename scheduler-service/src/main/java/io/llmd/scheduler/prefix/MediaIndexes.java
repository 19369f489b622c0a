package io.llmd.scheduler.prefix;

import io.llmd.scheduler.datalayer.EndpointStore;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The media indexes of all producers by instance name. An index outlives reloads of the configuration. */
public final class MediaIndexes {

    private final EndpointStore store;
    private final Map<String, MediaIndex> indexes = new ConcurrentHashMap<>();

    /** Indexes over the endpoints of {@code store}. */
    public MediaIndexes(EndpointStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The index of this name; made when there is none. */
    public MediaIndex named(String name) {
        return indexes.computeIfAbsent(name, ignored -> {
            MediaIndex index = new MediaIndex();
            store.addListener(index);
            return index;
        });
    }
}
