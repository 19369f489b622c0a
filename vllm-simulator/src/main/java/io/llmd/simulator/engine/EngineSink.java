package io.llmd.simulator.engine;

/** Receives what the engine did while it advanced; called on the advancing thread, must not call back into the engine. */
@FunctionalInterface
public interface EngineSink {

    /** Takes one event; events may be kept. */
    void accept(EngineEvent event);
}
