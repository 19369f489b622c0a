package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Plugin;

/** Orders the requests of a flow, and those of different flows where a fairness policy compares them. Stateless. */
public interface OrderingPolicy extends Plugin {

    /** Added to a time, sorts it after everything with a deadline: 146 years. */
    long FAR = Long.MAX_VALUE >> 1;

    /** A request that may wait as long as it takes has a TTL of at least this. */
    long UNBOUNDED = Long.MAX_VALUE >> 2;

    /**
     * Sort key on the scale of the monotonic clock, computed once when the request comes: smaller goes first, equal keys go
     * in the order of arrival.
     *
     * @param enqueuedNanos when it came
     * @param ttlNanos how long it may wait; at least {@link #UNBOUNDED} for as long as it takes
     */
    long key(FlowRequest request, long enqueuedNanos, long ttlNanos);
}
