package io.llmd.scheduler.api;

import io.llmd.scheduler.flowcontrol.FlowControl;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.LegacyAdmission;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What stands between a request and its decision: the queues of flow control while the configuration has it on, else the
 * check that refuses sheddable requests while the pool is full. Follows the configuration. Safe from any thread.
 */
public final class Admissions implements AutoCloseable {

    private final Supplier<FlowControlSettings> settings;
    private final Function<FlowControlSettings, FlowControl> start;
    private final ReentrantLock changing = new ReentrantLock();
    private Set<Integer> desired = Set.of();
    private volatile @Nullable FlowControlSettings applied;
    private volatile @Nullable FlowControl flow;
    private volatile boolean isClosed;

    /**
     * Admissions.
     *
     * @param settings gives the settings in force, the same object until they change
     * @param start makes flow control that runs; called when it is on for the first time
     */
    public Admissions(Supplier<FlowControlSettings> settings, Function<FlowControlSettings, FlowControl> start) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.start = Objects.requireNonNull(start, "start");
    }

    /** The queues, null while requests do not wait. */
    @Nullable
    FlowControl queues() {
        FlowControlSettings now = settings.get();
        if (now != applied) {
            apply(now);
        }
        return now.isOn() ? flow : null;
    }

    /** Whether a request is refused because it is sheddable and the pool is full; asked when there are no queues. */
    boolean isShed(int priority, Endpoint[] candidates) {
        return LegacyAdmission.isShed(priority, candidates, settings.get().detector());
    }

    /** Applies changed settings also when no request comes. */
    public void follow() {
        queues();
    }

    private void apply(FlowControlSettings now) {
        changing.lock();
        try {
            if (now == applied || isClosed) {
                return;
            }
            FlowControl running = flow;
            if (running != null) {
                running.reconfigure(now);
            } else if (now.isOn()) {
                FlowControl started = start.apply(now);
                started.desirePriorities(desired);
                flow = started;
            }
            applied = now;
        } finally {
            changing.unlock();
        }
    }

    /** The priorities that objectives name from now on. */
    public void desirePriorities(Set<Integer> priorities) {
        changing.lock();
        try {
            desired = Set.copyOf(priorities);
            FlowControl running = flow;
            if (running != null) {
                running.desirePriorities(desired);
            }
        } finally {
            changing.unlock();
        }
    }

    /** An attempt is over. */
    public void ended(long leaseId) {
        FlowControl running = flow;
        if (running != null) {
            running.ended(leaseId);
        }
    }

    /** Rejects what comes from now on, and what waits, as shutting down. Returns when all outcomes were told. */
    @Override
    public void close() {
        changing.lock();
        try {
            isClosed = true;
            FlowControl running = flow;
            if (running != null) {
                running.close();
            }
        } finally {
            changing.unlock();
        }
    }
}
