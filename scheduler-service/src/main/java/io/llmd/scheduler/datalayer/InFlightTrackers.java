package io.llmd.scheduler.datalayer;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The in-flight trackers of all producers by instance name. A tracker outlives reloads of the configuration. */
public final class InFlightTrackers {

    private final EndpointStore store;
    private final Map<String, InFlightTracker> trackers = new ConcurrentHashMap<>();
    private volatile Map<String, Map<String, InFlightLoad>> elsewhere = Map.of();

    /** Trackers for the endpoints of {@code store}. */
    public InFlightTrackers(EndpointStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /** The tracker of this name; made when there is none. */
    public InFlightTracker named(String name) {
        return trackers.computeIfAbsent(name, ignored -> {
            InFlightTracker tracker = new InFlightTracker();
            tracker.elsewhere(elsewhere.getOrDefault(name, Map.of()));
            store.addListener(tracker);
            return tracker;
        });
    }

    /** What this scheduler alone has placed, by tracker and endpoint id, without what is idle. */
    public Map<String, Map<String, InFlightLoad>> own() {
        Map<String, Map<String, InFlightLoad>> own = new HashMap<>();
        trackers.forEach((name, tracker) -> {
            Map<String, InFlightLoad> loads = tracker.own();
            if (!loads.isEmpty()) {
                own.put(name, loads);
            }
        });
        return own;
    }

    /** Takes what other schedulers have placed, by tracker and endpoint id, in place of what they had placed before. */
    public void elsewhere(Map<String, Map<String, InFlightLoad>> loads) {
        elsewhere = Map.copyOf(loads);
        trackers.forEach((name, tracker) -> tracker.elsewhere(loads.getOrDefault(name, Map.of())));
    }
}
