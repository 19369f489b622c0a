package io.llmd.scheduler.plugin;

import io.llmd.scheduler.scheduling.Plugin;

/**
 * A plugin that has threads, connections or native memory while its configuration is in force. Instances that are made to
 * check a configuration, or to try one out, are never started. Started and stopped by one thread at a time.
 */
public interface LivePlugin extends Plugin {

    /** The configuration is in force. Returns soon; must not throw for what may be repaired later. */
    void start();

    /** The configuration is not in force any more. A decision that began under it may still call the plugin. */
    void stop();
}
