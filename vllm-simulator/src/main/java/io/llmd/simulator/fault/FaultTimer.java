package io.llmd.simulator.fault;

/** Does things later, one after the other. */
@FunctionalInterface
public interface FaultTimer {

    /**
     * Does something after a time.
     *
     * @param nanos as soon as possible if not more than zero
     * @return what cancels it, if it has not begun
     */
    Runnable after(long nanos, Runnable action);
}
