package io.llmd.simulator.fault;

/** Hears of faults that are not those of single requests, to do something about them. */
@FunctionalInterface
public interface FaultListener {

    /** The faults are these now; called under a lock in the order of the changes, must not block. */
    void changed(Faults faults);
}
