package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Plugin;

/** Orders the running requests that may be ended. Stateless. */
public interface EvictionOrder extends Plugin {

    /** The lowest priority first; of several requests the newest, because least of its work is lost. */
    EvictionOrder PRIORITY_THEN_NEWEST = (a, b) -> {
        int byPriority = Integer.compare(a.priority(), b.priority());
        return byPriority != 0 ? byPriority : Long.signum(b.dispatchedNanos() - a.dispatchedNanos());
    };

    /** Negative when {@code a} is ended before {@code b}, positive when after, 0 when either will do. */
    int compare(RunningRequest a, RunningRequest b);
}
