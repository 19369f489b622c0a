package io.llmd.scheduler.plugin;

/** An enum whose constants are written differently in configuration than their kebab-case names. */
public interface WireNamed {

    /** The word in configuration. */
    String wireName();
}
