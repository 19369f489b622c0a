package io.llmd.gateway.config;

import io.llmd.gateway.dispatch.Cancellation;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.dispatch.PoolWatch;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.gateway.edge.ActiveExchanges;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Runs the questions to the scheduler and to the endpoints from before the first request until after the last, and stops
 * only when the scheduler knows how the last request ended, or does not answer.
 */
final class PoolLifecycle implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(PoolLifecycle.class);

    private final SchedulerClient scheduler;
    private final Duration reportTimeout;
    private final PoolWatch watch;
    private final ModelCatalog models;
    private final ActiveExchanges active;
    private Cancellation evictions = Cancellation.NONE;
    private volatile boolean running;

    PoolLifecycle(
            SchedulerClient scheduler,
            Duration reportTimeout,
            PoolWatch watch,
            ModelCatalog models,
            ActiveExchanges active) {
        this.active = active;
        this.scheduler = scheduler;
        this.reportTimeout = reportTimeout;
        this.watch = watch;
        this.models = models;
    }

    @Override
    public void start() {
        running = true;
        watch.start();
        models.start();
        evictions = scheduler.evictions(eviction -> active.evict(eviction.leaseId()));
    }

    @Override
    public void stop() {
        running = false;
        watch.stop();
        models.stop();
        evictions.cancel();
        awaitReports();
    }

    private void awaitReports() {
        try {
            scheduler.reported().toCompletableFuture().get(reportTimeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            log.atWarn().addKeyValue("reason", e.getClass().getSimpleName()).log("last reports did not get through");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
