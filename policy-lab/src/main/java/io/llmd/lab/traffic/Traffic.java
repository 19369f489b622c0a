package io.llmd.lab.traffic;

/** Where requests come from. Safe from any thread: each run takes its own {@link Load}. */
public interface Traffic {

    /** For tables and files: lower case, no blanks. */
    String name();

    /** The requests of a run; equal seeds give equal requests. */
    Load load(long seed);

    /** The same traffic, so many times as fast. @throws IllegalArgumentException unless above 0 */
    Traffic atSpeed(double speed);
}
