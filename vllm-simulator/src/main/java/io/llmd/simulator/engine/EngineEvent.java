package io.llmd.simulator.engine;

import org.jspecify.annotations.Nullable;

/** Something the engine did; {@code time} is when, in engine nanoseconds. Events come in the order of their times. */
public sealed interface EngineEvent {

    /** When it happened. */
    long time();

    /**
     * A sequence entered the batch for the first time.
     *
     * @param cachedTokens leading prompt tokens found in the prefix cache
     * @param loadedTokens prompt tokens after these that another engine sent
     */
    record Scheduled(long requestId, int promptTokens, int cachedTokens, int loadedTokens, long time)
            implements EngineEvent {}

    /** A sequence lost its blocks to another one and waits to be computed again. */
    record Preempted(long requestId, long time) implements EngineEvent {}

    /** Something happened to blocks that can be found. Only told to sinks that ask for {@link EngineSink#blocks}. */
    sealed interface BlockEvent extends EngineEvent {}

    /**
     * A sequence produced one token. Only told to sinks that ask for {@link EngineSink#tokens}, or for
     * {@link EngineSink#firstTokens} if it is the first one.
     *
     * @param index position in its output, from 0
     * @param sincePrevious nanoseconds since the token before, for the first one since arrival
     */
    record TokenProduced(long requestId, int index, long sincePrevious, long time) implements EngineEvent {}

    /**
     * A sequence left the engine; its last event.
     *
     * @param cachedTokens leading prompt tokens found in the prefix cache when it was first scheduled
     * @param loadedTokens prompt tokens after these that another engine sent
     * @param held blocks that stay for another engine to read; absent if none do
     */
    record Finished(
            EngineRequest request,
            FinishReason reason,
            int cachedTokens,
            int loadedTokens,
            int outputTokens,
            RequestTimes times,
            @Nullable HeldBlocks held,
            long time)
            implements EngineEvent {}

    /**
     * A sequence wants the blocks that another engine holds for it. With tokens to load it waits for
     * {@link Engine#completeLoad}; without, everything was cached here and only the holder is to be told.
     *
     * @param cachedTokens leading prompt tokens that are here already
     * @param tokens prompt tokens to load after these
     * @param blocks blocks they fill
     */
    record LoadWanted(long requestId, int cachedTokens, int tokens, int blocks, long time) implements EngineEvent {}

    /** Blocks that were held for another engine are free again. */
    record LeaseEnded(long requestId, LeaseEnd cause, long time) implements EngineEvent {}

    /**
     * Full blocks of a sequence can be found by others from now on.
     *
     * @param firstBlock position of the first of them in the sequence
     * @param hashes one for each block
     * @param parent hash of the block before the first; meaningless if there is none
     * @param tokens ids of all their tokens; empty for sinks that do without
     */
    record BlocksStored(EngineRequest request, int firstBlock, long[] hashes, long parent, int[] tokens, long time)
            implements BlockEvent {}

    /** Blocks lost their content, which could be found until now; one hash for each of them. */
    record BlocksRemoved(long[] hashes, long time) implements BlockEvent {}

    /** All blocks lost their content. */
    record BlocksCleared(long time) implements BlockEvent {}

    /**
     * A step ended.
     *
     * @param number counts steps from 1
     * @param start when it began
     * @param scheduledTokens tokens computed in it
     * @param promptTokens prompt tokens whose sequence finished its prefill in this step, cached ones included
     * @param cachedTokens those of them found in the prefix cache
     * @param loadedTokens those of them that another engine sent
     * @param producedTokens tokens that left the engine
     * @param sequences sequences in the batch
     */
    record StepCompleted(
            long number,
            long start,
            int scheduledTokens,
            int promptTokens,
            int cachedTokens,
            int loadedTokens,
            int producedTokens,
            int sequences,
            long time)
            implements EngineEvent {}
}
