package io.llmd.scheduler.flowcontrol;

/**
 * A request that was dispatched and has not ended.
 *
 * @param leaseId identifies it
 * @param priority higher is more important
 * @param dispatchedNanos when it was placed
 */
public record RunningRequest(long leaseId, int priority, long dispatchedNanos) {}
