package io.llmd.gateway.config;

import io.llmd.gateway.edge.ActiveExchanges;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Stops the gateway without breaking answers: readiness goes off, requests are still taken for the linger time, then
 * refused, and those under way may end. What is left at the end of the drain time gets an error. Runs before the web
 * server is stopped.
 */
final class DrainLifecycle implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(DrainLifecycle.class);
    private static final Duration STEP = Duration.ofMillis(20);
    private static final Duration ABORT = Duration.ofSeconds(2);

    private final GatewayProperties.Drain settings;
    private final ActiveExchanges active;
    private final ApplicationEventPublisher events;
    private volatile boolean running;

    DrainLifecycle(GatewayProperties.Drain settings, ActiveExchanges active, ApplicationEventPublisher events) {
        this.settings = settings;
        this.active = active;
        this.events = events;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable done) {
        running = false;
        AvailabilityChangeEvent.publish(events, this, ReadinessState.REFUSING_TRAFFIC);
        Thread.ofPlatform().name("gateway-drain").start(() -> {
            drain();
            done.run();
        });
    }

    private void drain() {
        try {
            Thread.sleep(settings.linger());
            active.drain();
            if (!awaitEnd(settings.timeout())) {
                log.atWarn().addKeyValue("requests", active.count()).log("drain time is over, requests are ended");
                active.abort();
                awaitEnd(ABORT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean awaitEnd(Duration limit) throws InterruptedException {
        long start = System.nanoTime();
        while (active.count() > 0) {
            if (System.nanoTime() - start > limit.toNanos()) {
                return false;
            }
            Thread.sleep(STEP);
        }
        return true;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }
}
