package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.Plugin;

/** Says how many tokens images and videos count as. */
public interface MediaEstimator extends Plugin {

    /** What holds for all requests. */
    MediaEstimate mediaEstimate();

    /** Whether requests are read again by a plugin, so that {@code RequestBody.source()} has to be there. */
    default boolean readsAgain() {
        return false;
    }
}
