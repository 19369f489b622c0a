package io.llmd.launcher.up;

import java.time.Duration;

/** One part of a trial. {@link #begin} and {@link #isAlive} are called by one thread, {@link #stop} by any. */
interface TrialPart {

    /** Such as {@code gateway} or {@code sim-1}. */
    String name();

    /** The phases that an endpoint serves, where they differ; empty for all other parts. */
    default String role() {
        return "";
    }

    /** Where it serves. */
    String url();

    /** URL that answers 200 when it is well. */
    String health();

    /** Process that it runs in. */
    long pid();

    /**
     * Starts it; it may become well later.
     *
     * @throws RuntimeException when it cannot start
     */
    void begin();

    /** False when it has ended by itself. */
    boolean isAlive();

    /** Ends it, with its requests first, and waits for that; does nothing when it does not run. */
    void stop(Duration patience);
}
