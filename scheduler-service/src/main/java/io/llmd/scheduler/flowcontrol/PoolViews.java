package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Objects;
import java.util.function.Supplier;

/** Views of a pool whose snapshots are a new array after each change. Used by one thread. */
public final class PoolViews implements Supplier<PoolView> {

    private final Supplier<Endpoint[]> snapshots;
    private PoolView current;

    /** Views of the arrays that {@code snapshots} gives. */
    public PoolViews(Supplier<Endpoint[]> snapshots) {
        this.snapshots = Objects.requireNonNull(snapshots, "snapshots");
        current = new PoolView(0, snapshots.get());
    }

    @Override
    public PoolView get() {
        Endpoint[] endpoints = snapshots.get();
        if (endpoints != current.endpoints()) {
            current = new PoolView(current.generation() + 1, endpoints);
        }
        return current;
    }
}
