package io.llmd.lab.scheduler;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.engine.EngineSnapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** Hands readings of one endpoint's metrics to the scheduler, some time after they were taken. */
final class LateReadings {

    private record Reading(long takenNanos, EngineSnapshot snapshot) {}

    private final EndpointStore store;
    private final EndpointMetadata endpoint;
    private final long lagNanos;
    private final Deque<Reading> late = new ArrayDeque<>();

    LateReadings(EndpointStore store, EndpointMetadata endpoint, long lagNanos) {
        this.store = store;
        this.endpoint = endpoint;
        this.lagNanos = lagNanos;
    }

    /** A reading was taken; those that are old enough arrive. They are stamped when they arrive, as a scraper does. */
    void taken(EndpointView view, long now) {
        late.addLast(new Reading(now, view.metrics()));
        EngineSnapshot arrived = null;
        while (!late.isEmpty() && late.getFirst().takenNanos() <= now - lagNanos) {
            arrived = late.removeFirst().snapshot();
        }
        if (arrived != null) {
            store.update(
                    endpoint,
                    new EndpointMetrics(
                            arrived.running(),
                            arrived.waiting(),
                            arrived.kvUsage(),
                            view.settings().blockTokens(),
                            view.settings().blocks() - 1,
                            Map.of(),
                            Map.of(),
                            0,
                            store.nanoTime()));
        }
    }
}
