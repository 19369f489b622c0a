package io.llmd.gateway.dispatch;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks the scheduler for the endpoints of the pool at an interval and tells everyone who keeps state about them. */
public final class PoolWatch {

    private final SchedulerClient scheduler;
    private final EndpointDirectory directory;
    private final Transport transport;
    private final Duration interval;
    private final Runnable eachTime;
    private @Nullable ScheduledFuture<?> polling;

    /**
     * @param eachTime done with each question, short and not blocking
     */
    public PoolWatch(
            SchedulerClient scheduler,
            EndpointDirectory directory,
            EndpointHealth health,
            InFlightRequests inFlight,
            Transport transport,
            Duration interval,
            Runnable eachTime) {
        this.scheduler = scheduler;
        this.directory = directory;
        this.transport = transport;
        this.interval = interval;
        this.eachTime = eachTime;
        directory.onChange(endpoints -> {
            health.retain(directory.ids());
            inFlight.retain(directory.ids());
        });
    }

    /** Begins to ask. */
    public synchronized void start() {
        polling = transport.loop().scheduleWithFixedDelay(this::ask, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void ask() {
        eachTime.run();
        scheduler.endpoints(directory::update);
    }

    /** Asks no more. */
    public synchronized void stop() {
        ScheduledFuture<?> running = polling;
        if (running != null) {
            running.cancel(false);
        }
    }
}
