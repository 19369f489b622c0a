package io.llmd.scheduler.datalayer;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The in-flight trackers of all producers by instance name. A tracker outlives reloads of the configuration. */
public final class InFlightTrackers {

    private final EndpointStore store;
    private final Map<String, InFlightTracker> trackers = new ConcurrentHashMap<>();

    /** Trackers for the endpoints of {@code store}. */
    public InFlightTrackers(EndpointStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The tracker of this name; made when there is none. */
    public InFlightTracker named(String name) {
        return trackers.computeIfAbsent(name, ignored -> {
            InFlightTracker tracker = new InFlightTracker();
            store.addListener(tracker);
            return tracker;
        });
    }
}
