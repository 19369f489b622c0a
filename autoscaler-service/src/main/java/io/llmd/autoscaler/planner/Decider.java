package io.llmd.autoscaler.planner;

/** Decides for all models; {@link Planner} does, and so does whoever changes what it is told. Safe from any thread. */
@FunctionalInterface
public interface Decider {

    /**
     * Decides.
     *
     * @param nowSeconds on the clock of the loop, which never goes back
     * @param cycle what ids of decisions begin with
     */
    FleetDecision decide(FleetInput input, Memory memory, double nowSeconds, String cycle);
}
