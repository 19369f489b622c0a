package io.llmd.scheduler.config;

import io.llmd.scheduler.scheduling.PluginGuard;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Looks for plugins that do not return, on a thread that does nothing else, so that nothing can hold it up. */
final class PluginWatchdog implements SmartLifecycle {

    private final PluginGuard guard;
    private volatile @Nullable ScheduledExecutorService thread;

    PluginWatchdog(PluginGuard guard) {
        this.guard = guard;
    }

    @Override
    public void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("plugin-watchdog").daemon().factory());
        long nanos = guard.watchNanos();
        started.scheduleWithFixedDelay(guard::watch, nanos, nanos, TimeUnit.NANOSECONDS);
        thread = started;
    }

    @Override
    public void stop() {
        ScheduledExecutorService running = thread;
        if (running != null) {
            running.shutdownNow();
            thread = null;
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return BackgroundWork.BEFORE_WEB_SERVER;
    }
}
