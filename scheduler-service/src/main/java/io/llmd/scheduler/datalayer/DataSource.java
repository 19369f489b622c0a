package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.Plugin;

/** Brings data about endpoints for extractors to read. A source that is never started holds no threads or connections. */
public interface DataSource extends Plugin {

    /** What it delivers. */
    Content delivers();
}
