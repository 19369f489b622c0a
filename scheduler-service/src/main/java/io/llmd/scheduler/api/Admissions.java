package io.llmd.scheduler.api;

import io.llmd.scheduler.flowcontrol.FlowControl;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.FlowState;
import io.llmd.scheduler.flowcontrol.LegacyAdmission;
import io.llmd.scheduler.scheduling.Endpoint;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What stands between a request and its decision: the queues of flow control while the configuration has it on, else the
 * check that refuses sheddable requests while the pool is full. Follows the configuration. Safe from any thread.
 */
public final class Admissions implements AutoCloseable {

    /** Priorities of API keys that get a band without being configured or named by an objective. */
    static final int MOST_SEEN = 64;

    /** So long after its last request such a priority keeps its band. */
    private static final long SEEN_FOR_NANOS = Duration.ofMinutes(10).toNanos();

    /** A priority that came with a request. */
    private static final class SeenPriority {
        private volatile long lastNanos;

        SeenPriority(long nowNanos) {
            lastNanos = nowNanos;
        }
    }

    private final Supplier<FlowControlSettings> settings;
    private final Function<FlowControlSettings, FlowControl> start;
    private final LongSupplier nanoClock;
    private final ReentrantLock changing = new ReentrantLock();
    private final Map<Integer, SeenPriority> seen = new ConcurrentHashMap<>();
    private volatile Set<Integer> desired = Set.of();
    private int replicas = 1;
    private volatile @Nullable FlowControlSettings applied;
    private volatile @Nullable FlowControl flow;
    private volatile boolean isClosed;

    /**
     * Admissions.
     *
     * @param settings gives the settings in force, the same object until they change
     * @param start makes flow control that runs; called when it is on for the first time
     * @param nanoClock monotonic clock
     */
    public Admissions(
            Supplier<FlowControlSettings> settings,
            Function<FlowControlSettings, FlowControl> start,
            LongSupplier nanoClock) {
        this.settings = Objects.requireNonNull(settings, "settings");
        this.start = Objects.requireNonNull(start, "start");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /**
     * The queues for a request of {@code priority}, null while requests do not wait. The priority has a band from now on,
     * also when no objective names it.
     */
    @Nullable
    FlowControl queues(int priority) {
        FlowControl queues = queues();
        if (queues != null && priority != 0) {
            see(priority);
        }
        return queues;
    }

    private @Nullable FlowControl queues() {
        FlowControlSettings now = settings.get();
        if (now != applied) {
            apply();
        }
        return now.isOn() ? flow : null;
    }

    private void see(int priority) {
        SeenPriority known = seen.get(priority);
        if (known != null) {
            known.lastNanos = nanoClock.getAsLong();
        } else if (seen.size() < MOST_SEEN && !desired.contains(priority)) {
            changing.lock();
            try {
                if (seen.size() < MOST_SEEN) {
                    seen.put(priority, new SeenPriority(nanoClock.getAsLong()));
                    tellPriorities();
                }
            } finally {
                changing.unlock();
            }
        }
    }

    /** Whether a request is refused because it is sheddable and the pool is full; asked when there are no queues. */
    boolean isShed(int priority, Endpoint[] candidates) {
        return LegacyAdmission.isShed(priority, candidates, settings.get().detector());
    }

    /** Applies changed settings also when no request comes, and lets go of priorities that have not come for long. */
    public void follow() {
        queues();
        long now = nanoClock.getAsLong();
        changing.lock();
        try {
            if (seen.values().removeIf(priority -> now - priority.lastNanos > SEEN_FOR_NANOS)) {
                tellPriorities();
            }
        } finally {
            changing.unlock();
        }
    }

    private void apply() {
        changing.lock();
        try {
            FlowControlSettings now = settings.get();
            if (now == applied || isClosed) {
                return;
            }
            FlowControl running = flow;
            if (running != null) {
                running.reconfigure(now);
            } else if (now.isOn()) {
                FlowControl started = start.apply(now);
                started.replicas(replicas);
                flow = started;
                tellPriorities();
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
            tellPriorities();
        } finally {
            changing.unlock();
        }
    }

    private void tellPriorities() {
        FlowControl running = flow;
        if (running != null) {
            Set<Integer> all = new HashSet<>(desired);
            all.addAll(seen.keySet());
            running.desirePriorities(all);
        }
    }

    /** So many schedulers, this one included, share the bounds over all bands from now on. */
    public void replicas(int count) {
        changing.lock();
        try {
            replicas = count;
            FlowControl running = flow;
            if (running != null) {
                running.replicas(count);
            }
        } finally {
            changing.unlock();
        }
    }

    /** How long flow control has done nothing, see {@link FlowControl#silence}; zero while there is none. */
    public Duration silence() {
        FlowControl running = flow;
        return running == null ? Duration.ZERO : running.silence();
    }

    /** What waits, at most about a second ago. */
    public FlowState state() {
        FlowControl running = flow;
        return running == null || !settings.get().isOn() ? FlowState.OFF : running.state();
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
