package io.llmd.gateway.disagg;

/**
 * How the legs of one attempt follow each other. A flow ends with exactly one of {@link SplitCall#decode},
 * {@link SplitCall#decodeOnly} and {@link SplitCall#refuse}, or is cut off: when the client leaves, a deadline passes or
 * the request is evicted, the call cancels all its legs and timers, and nothing of the flow is called any more.
 */
interface SplitFlow {

    /** Begins; called once, on the event loop. */
    void start();
}
