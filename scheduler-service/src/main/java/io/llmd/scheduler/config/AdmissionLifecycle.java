package io.llmd.scheduler.config;

import io.llmd.scheduler.api.Director;
import org.springframework.context.SmartLifecycle;

/** Ends the wait of all requests before the web server waits for their answers to be written. */
final class AdmissionLifecycle implements SmartLifecycle {

    private final Director director;
    private volatile boolean isRunning;

    AdmissionLifecycle(Director director) {
        this.director = director;
    }

    @Override
    public void start() {
        isRunning = true;
    }

    @Override
    public void stop() {
        isRunning = false;
        director.shutDown();
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    @Override
    public int getPhase() {
        return DEFAULT_PHASE;
    }
}
