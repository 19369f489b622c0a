package io.llmd.simulator.fault;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Holds the faults that are set; safe from any thread, changes hold a lock for a few instructions. */
public final class FaultSwitch {
    private final Consumer<Faults> changed;
    private volatile Faults faults = Faults.NONE;

    /** @param changed called after every change that somebody asked for */
    public FaultSwitch(Consumer<Faults> changed) {
        this.changed = changed;
    }

    public Faults get() {
        return faults;
    }

    public synchronized Faults set(UnaryOperator<Faults> change) {
        Faults next = change.apply(faults);
        faults = next;
        changed.accept(next);
        return next;
    }

    /** The status that the next request gets, which counts as given; absent if it is to be served. */
    public Faults.@Nullable Status takeStatus() {
        return faults.status() == null ? null : takeCounted();
    }

    private synchronized Faults.@Nullable Status takeCounted() {
        Faults current = faults;
        faults = current.withStatusUsed();
        return current.status();
    }
}
