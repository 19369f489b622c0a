package io.llmd.gateway.config;

import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.dispatch.PoolWatch;
import org.springframework.context.SmartLifecycle;

/** Runs the questions to the scheduler and to the endpoints from before the first request until after the last. */
final class PoolLifecycle implements SmartLifecycle {

    private final PoolWatch watch;
    private final ModelCatalog models;
    private volatile boolean running;

    PoolLifecycle(PoolWatch watch, ModelCatalog models) {
        this.watch = watch;
        this.models = models;
    }

    @Override
    public void start() {
        running = true;
        watch.start();
        models.start();
    }

    @Override
    public void stop() {
        running = false;
        watch.stop();
        models.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return 0;
    }
}
