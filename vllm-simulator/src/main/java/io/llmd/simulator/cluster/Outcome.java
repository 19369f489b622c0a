package io.llmd.simulator.cluster;

/** How a request ended. */
public enum Outcome {
    /** The engine produced all its tokens. */
    FINISHED,
    /** It was given up on the way. */
    ABORTED,
    /** No engine could serve it, or blocks it needed were lost. */
    FAILED,
    /** The router refused it. */
    REJECTED
}
