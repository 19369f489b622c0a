package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.Plugin;

/** Says how many tokens images and videos count as. */
public interface MediaEstimator extends Plugin {

    /** What holds for all requests. */
    MediaEstimate mediaEstimate();
}
