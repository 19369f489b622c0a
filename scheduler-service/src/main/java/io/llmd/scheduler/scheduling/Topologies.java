package io.llmd.scheduler.scheduling;

import io.llmd.scheduler.scheduling.Topology.Nearness;
import org.jspecify.annotations.Nullable;

/** Column of where endpoints run. */
public final class Topologies {

    private final @Nullable Topology[] topologies;

    /** A column for {@code slotCount} endpoints, nothing known yet. */
    public Topologies(int slotCount) {
        topologies = new @Nullable Topology[slotCount];
    }

    /** Records where an endpoint runs. */
    public void set(int slot, Topology topology) {
        topologies[slot] = topology;
    }

    /** Where the endpoint runs, null when unknown. */
    public @Nullable Topology at(int slot) {
        return topologies[slot];
    }

    /** How near two endpoints are; {@link Nearness#NONE} when that is unknown of either. */
    public Nearness nearness(int slot, int otherSlot) {
        Topology topology = topologies[slot];
        Topology other = topologies[otherSlot];
        return topology == null || other == null ? Nearness.NONE : topology.nearness(other);
    }
}
