package io.llmd.scheduler.plugin;

import java.time.Duration;

/** Runs what plugins want to do later. Safe from any thread. */
@FunctionalInterface
public interface PluginTimer {

    /** Runs {@code task}, which must not block, once after {@code delay}; never when the service stops before. */
    void after(Duration delay, Runnable task);
}
