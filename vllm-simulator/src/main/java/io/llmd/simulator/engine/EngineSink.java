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

    /** Whether the first token of each sequence is told, where the others are not. */
    default boolean firstTokens() {
        return tokens();
    }

    /** Whether {@link EngineEvent.StepCompleted} is wanted. */
    default boolean steps() {
        return true;
    }

    /** Whether events about blocks becoming findable, or no longer so, are wanted. */
    default boolean blocks() {
        return false;
    }

    /** Whether {@link EngineEvent.BlocksStored} is to list token ids; without, the list is empty. */
    default boolean blockTokens() {
        return blocks();
    }

    /** Takes the times of a block that lost its content; of those blocks only that are measured. */
    default void evicted(EvictedBlock block) {}
}
