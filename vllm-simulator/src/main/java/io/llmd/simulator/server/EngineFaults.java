package io.llmd.simulator.server;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.kvevents.KvEventPublisher;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Does to an engine and to who publishes its events what the faults say. Called by one thread at a time. */
final class EngineFaults implements FaultListener {
    private final RunningEngine engine;
    private final EngineSettings settings;
    private final @Nullable KvEventPublisher events;
    private Faults applied = Faults.NONE;

    EngineFaults(RunningEngine engine, EngineSettings settings, @Nullable KvEventPublisher events) {
        this.engine = engine;
        this.settings = settings;
        this.events = events;
    }

    @Override
    public void changed(Faults faults) {
        if (faults.slowFactor() != applied.slowFactor()) {
            engine.slowFactorLater(faults.slowFactor());
        }
        if (!faults.times().equals(applied.times())) {
            LatencyModel latency = faults.times().on(settings);
            engine.later((current, now) -> current.latency(latency));
        }
        if (faults.withheldShare() != applied.withheldShare()) {
            double share = faults.withheldShare();
            engine.later((current, now) ->
                    current.withhold((int) Math.round(share * current.snapshot().totalBlocks()), now));
        }
        Duration lease = faults.handoff().lease();
        if (!Objects.equals(lease, applied.handoff().lease())) {
            engine.later((current, now) -> {
                if (lease == null) {
                    current.usualLease();
                } else {
                    current.lease(lease.toNanos());
                }
            });
        }
        if (events != null && isSetAnew(faults)) {
            events.faults(faults.kvEvents());
        }
        applied = faults;
    }

    @SuppressWarnings("ReferenceEquality") // equal faults that are set once more begin to count their batches again
    private boolean isSetAnew(Faults faults) {
        return faults.kvEvents() != applied.kvEvents();
    }
}
