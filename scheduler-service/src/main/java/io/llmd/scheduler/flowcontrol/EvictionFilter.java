package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Plugin;

/** Says which running requests may be ended for more important ones. */
public interface EvictionFilter extends Plugin {

    /** Requests of negative priority. */
    EvictionFilter SHEDDABLE = priority -> priority < 0;

    /** Whether a request of {@code priority} may be ended. */
    boolean isEvictable(int priority);
}
