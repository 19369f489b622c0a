package io.llmd.scheduler.config;

import io.llmd.scheduler.replica.LoadExchange;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Starts and stops the exchange of load with other schedulers, where one is configured. */
final class ReplicaLifecycle implements SmartLifecycle {

    private final @Nullable LoadExchange exchange;
    private volatile boolean running;

    ReplicaLifecycle(@Nullable LoadExchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public void start() {
        if (exchange != null) {
            exchange.start();
            running = true;
        }
    }

    @Override
    public void stop() {
        if (exchange != null) {
            exchange.stop();
        }
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts with what runs beside requests, and stops after the web server has closed its port. */
    @Override
    public int getPhase() {
        return BackgroundWork.BEFORE_WEB_SERVER;
    }
}
