package io.llmd.simulator.engine;

/** The output of a sequence, known in advance so that recomputing it gives the same ids. */
@FunctionalInterface
public interface OutputTokens {

    /**
     * The output token at a position.
     *
     * @param index position in the output, from 0
     * @return token id, the same for every call with the same index; called from any thread
     */
    int tokenAt(int index);
}
