package io.llmd.scheduler.flowcontrol;

/** Says which running requests may be ended for more important ones. */
public interface EvictionFilter {

    /** Whether a request of {@code priority} may be ended. */
    boolean isEvictable(int priority);
}
