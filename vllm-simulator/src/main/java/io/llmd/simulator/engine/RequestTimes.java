package io.llmd.simulator.engine;

/**
 * When a sequence reached its stations, in engine nanoseconds.
 *
 * @param arrival submission
 * @param queued entry into the waiting queue, also if that lies ahead
 * @param scheduled first step that included it, or {@link #NEVER}
 * @param firstToken end of the step that produced its first token, or {@link #NEVER}
 * @param lastToken end of the step that produced its last token so far, or {@link #NEVER}
 */
public record RequestTimes(long arrival, long queued, long scheduled, long firstToken, long lastToken) {
    /** The station was not reached. */
    public static final long NEVER = Long.MIN_VALUE;
}
