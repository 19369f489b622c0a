package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.Plugin;
import java.util.Set;

/** Turns what a data source delivers into metrics and attributes of endpoints. */
public interface Extractor extends Plugin {

    /** What it can read. */
    Set<Content> understands();
}
