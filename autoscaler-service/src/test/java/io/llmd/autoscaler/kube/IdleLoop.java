package io.llmd.autoscaler.kube;

import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.collector.Collector;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.RouterReading;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.FitStore;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.loop.LoopListener;
import io.llmd.autoscaler.loop.Office;
import io.llmd.autoscaler.variant.Shape;
import java.net.URI;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A loop that nobody turns, and that reads no pages. */
final class IdleLoop {

    /** Settings without anything to scale. */
    static final FleetSettings NOTHING = new FleetSettings(
            List.of(),
            List.of(),
            List.of(),
            Map.of(),
            new FleetSettings.Zero(false, 600),
            30,
            Shape.fixed(1_000, 0, 100));

    private IdleLoop() {}

    private static final class NoPages implements Collector {

        @Override
        public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
            return Map.of();
        }

        @Override
        public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
            return Map.of();
        }

        @Override
        public void close() {}
    }

    static FleetLoop make() {
        return new FleetLoop(
                NOTHING,
                new NoPages(),
                Optional::empty,
                Office.ALONE,
                Decided.PLANNER,
                new Holds(),
                new DecisionLog(),
                new FitStore(null),
                new LoopListener() {
                    @Override
                    public void published(Cycle cycle) {}

                    @Override
                    public void took(String stage, long nanos) {}
                },
                () -> Instant.EPOCH,
                0);
    }
}
