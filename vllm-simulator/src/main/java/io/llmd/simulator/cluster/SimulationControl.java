package io.llmd.simulator.cluster;

import java.util.List;

/** What a router can do besides answering; on the simulation's thread only. */
public interface SimulationControl {

    /** Virtual nanoseconds since the start. */
    long now();

    /** All endpoints by their index. */
    List<EndpointView> endpoints();

    /**
     * Decides about a request that was held.
     *
     * @throws IllegalStateException if it is not held
     */
    void send(long requestId, Target target);

    /**
     * Gives a request up, wherever it is.
     *
     * @return false if it has ended already
     */
    boolean abort(long requestId);

    /** Runs something at a time, now at the earliest. The simulation goes on until then. */
    void at(long time, Runnable action);

    /** Runs something again and again as long as the simulation goes on, first after one interval. */
    void every(long intervalNanos, Runnable action);
}
