package io.llmd.simulator;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.StartPlan;
import java.util.ArrayList;
import java.util.List;

/** The endpoints of a plan, running on shared threads. Thread-safe; {@link #close} is idempotent. */
public final class SimulatedPool implements AutoCloseable {
    private final List<VllmSimulator> endpoints;

    private SimulatedPool(List<VllmSimulator> endpoints) {
        this.endpoints = List.copyOf(endpoints);
    }

    /**
     * Starts all endpoints, or none.
     *
     * @throws java.io.UncheckedIOException if a port cannot be bound
     * @throws IllegalArgumentException if the files of a tokenizer or of a script cannot be read
     * @throws IllegalStateException if the native code of a tokenizer does not load
     */
    public static SimulatedPool start(StartPlan plan) {
        List<VllmSimulator> started = new ArrayList<>();
        try {
            for (SimulatorSettings settings : plan.endpoints()) {
                started.add(VllmSimulator.start(settings));
            }
        } catch (RuntimeException e) {
            started.forEach(VllmSimulator::close);
            throw e;
        }
        return new SimulatedPool(started);
    }

    /** The endpoints, in the order of the plan. */
    public List<VllmSimulator> endpoints() {
        return endpoints;
    }

    @Override
    public void close() {
        endpoints.forEach(VllmSimulator::close);
    }
}
