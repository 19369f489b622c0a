package io.llmd.scheduler.flowcontrol;

/** Orders the requests of a flow, and those of different flows where a fairness policy compares them. Stateless. */
public interface OrderingPolicy {

    /** Sorts after everything with a key of its own. */
    long LAST = Long.MAX_VALUE;

    /**
     * Sort key on the scale of the monotonic clock, computed once when the request comes: smaller goes first, equal keys go
     * in the order of arrival.
     *
     * @param enqueuedNanos when it came
     * @param ttlNanos how long it may wait; {@link Long#MAX_VALUE} for as long as it takes
     */
    long key(FlowRequest request, long enqueuedNanos, long ttlNanos);
}
