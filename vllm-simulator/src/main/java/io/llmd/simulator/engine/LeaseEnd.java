package io.llmd.simulator.engine;

/** How the lease on held blocks ended. */
public enum LeaseEnd {
    /** The other engine has read them, or needs none of them. */
    NOTIFIED,
    /** The request was given up. */
    ABORTED,
    /** Nobody came in time. */
    EXPIRED
}
