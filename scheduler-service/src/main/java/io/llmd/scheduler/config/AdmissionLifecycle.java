package io.llmd.scheduler.config;

import java.time.Duration;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Stops the scheduler without refusing what it can still decide: readiness goes off, requests are taken for the linger time
 * and for as long as some wait, and at the end of the drain time those that still wait are refused. Runs before the web
 * server waits for their answers to be written.
 */
final class AdmissionLifecycle implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(AdmissionLifecycle.class);
    private static final Duration STEP = Duration.ofMillis(20);

    private final IntSupplier waiting;
    private final Runnable end;
    private final SchedulerProperties.Drain settings;
    private final ApplicationEventPublisher events;
    private volatile boolean isRunning;

    /**
     * Stops nothing yet.
     *
     * @param waiting requests that wait at present
     * @param end refuses those that still wait
     */
    AdmissionLifecycle(
            IntSupplier waiting, Runnable end, SchedulerProperties.Drain settings, ApplicationEventPublisher events) {
        this.waiting = waiting;
        this.end = end;
        this.settings = settings;
        this.events = events;
    }

    @Override
    public void start() {
        isRunning = true;
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable done) {
        isRunning = false;
        AvailabilityChangeEvent.publish(events, this, ReadinessState.REFUSING_TRAFFIC);
        Thread.ofPlatform().name("scheduler-drain").start(() -> {
            drain();
            end.run();
            done.run();
        });
    }

    private void drain() {
        try {
            Thread.sleep(settings.linger());
            long start = System.nanoTime();
            while (waiting.getAsInt() > 0) {
                if (System.nanoTime() - start > settings.timeout().toNanos()) {
                    LOG.atWarn()
                            .addKeyValue("requests", waiting.getAsInt())
                            .log("drain time is over, waiting requests are refused");
                    return;
                }
                Thread.sleep(STEP);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
