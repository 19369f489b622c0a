package io.llmd.simulator.engine;

/** Something the engine did; {@code time} is when, in engine nanoseconds. Events come in the order of their times. */
public sealed interface EngineEvent {

    /** When it happened. */
    long time();

    /**
     * A sequence entered the batch for the first time.
     *
     * @param cachedTokens leading prompt tokens found in the prefix cache
     */
    record Scheduled(long requestId, int promptTokens, int cachedTokens, long time) implements EngineEvent {}

    /** A sequence lost its blocks to an older one and waits at the front of the queue. */
    record Preempted(long requestId, long time) implements EngineEvent {}

    /**
     * A sequence produced one token.
     *
     * @param index position in its output, from 0
     * @param sincePrevious nanoseconds since the token before, for the first one since arrival
     */
    record TokenProduced(long requestId, int index, long sincePrevious, long time) implements EngineEvent {}

    /** A sequence left the engine; its last event. */
    record Finished(
            EngineRequest request,
            FinishReason reason,
            int cachedTokens,
            int outputTokens,
            RequestTimes times,
            long time)
            implements EngineEvent {}

    /**
     * A step ended.
     *
     * @param number counts steps from 1
     * @param start when it began
     * @param scheduledTokens tokens computed in it
     * @param promptTokens prompt tokens whose sequence finished its prefill in this step, cached ones included
     * @param cachedTokens those of them found in the prefix cache
     * @param producedTokens tokens that left the engine
     * @param sequences sequences in the batch
     */
    record StepCompleted(
            long number,
            long start,
            int scheduledTokens,
            int promptTokens,
            int cachedTokens,
            int producedTokens,
            int sequences,
            long time)
            implements EngineEvent {}
}
