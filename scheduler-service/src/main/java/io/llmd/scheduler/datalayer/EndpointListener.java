package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;

/** Hears of changes of the pool, one at a time and in order. Must not block and must not change the store. */
public interface EndpointListener {

    /** An endpoint is new, or took the place of one with the same id at another address. */
    default void added(EndpointMetadata endpoint) {}

    /** An endpoint is the same at the same address, but its labels or its name are others. */
    default void changed(EndpointMetadata before, EndpointMetadata after) {}

    /** An endpoint is gone, or another one took its place. */
    default void removed(EndpointMetadata endpoint) {}

    /** The engine behind an endpoint was started anew, so that nothing is left of its caches. */
    default void restarted(EndpointMetadata endpoint) {}
}
