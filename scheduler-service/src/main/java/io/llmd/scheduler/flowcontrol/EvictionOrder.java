package io.llmd.scheduler.flowcontrol;

/** Orders the running requests that may be ended. Stateless. */
public interface EvictionOrder {

    /** Negative when {@code a} is ended before {@code b}, positive when after, 0 when either will do. */
    int compare(RunningRequest a, RunningRequest b);
}
