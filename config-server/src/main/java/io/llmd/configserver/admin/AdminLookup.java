package io.llmd.configserver.admin;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/** Looks the services up at an interval, on a thread of its own, and tells the console when they have changed. */
final class AdminLookup implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(AdminLookup.class);

    private final AdminServices services;
    private final Duration interval;
    private final ApplicationEventPublisher publisher;
    private @Nullable ScheduledExecutorService thread;

    AdminLookup(AdminServices services, Duration interval, ApplicationEventPublisher publisher) {
        this.services = services;
        this.interval = interval;
        this.publisher = publisher;
    }

    @Override
    public synchronized void start() {
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("admin-lookup").factory());
        thread.scheduleWithFixedDelay(this::lookUp, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void lookUp() {
        try {
            services.lookUp();
            publisher.publishEvent(new HeartbeatEvent(this, services.state()));
        } catch (RuntimeException e) {
            log.atWarn().setCause(e).log("services could not be looked up");
        }
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
