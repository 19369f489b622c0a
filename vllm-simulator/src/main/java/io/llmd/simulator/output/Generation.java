package io.llmd.simulator.output;

/** A sequence of a request as the engine's thread reports on it; must not block. */
public interface Generation {

    /**
     * The sequence has produced so many tokens in all.
     *
     * @param time of the last of them, in engine nanoseconds
     */
    void produced(int tokens, long time);

    /** The sequence has left the engine; the last call. */
    void ended(SequenceEnd end);
}
