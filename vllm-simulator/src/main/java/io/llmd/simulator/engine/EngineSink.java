package io.llmd.simulator.engine;

/** Receives what the engine did while it advanced; called on the advancing thread, must not call back into the engine. */
@FunctionalInterface
public interface EngineSink {

    /** Takes one event; events may be kept. */
    void accept(EngineEvent event);

    /** Whether {@link EngineEvent.TokenProduced} is wanted. Without, runs of decode steps cost far less. */
    default boolean tokens() {
        return true;
    }

    /** Whether events about blocks becoming findable, or no longer so, are wanted. */
    default boolean blocks() {
        return false;
    }
}
