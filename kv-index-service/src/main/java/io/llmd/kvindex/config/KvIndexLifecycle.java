package io.llmd.kvindex.config;

import io.llmd.kvindex.ingest.EngineFeed;
import io.llmd.kvindex.ingest.IndexedPool;
import io.llmd.kvindex.ingest.SnapshotKeeper;
import io.llmd.kvindex.observe.PoolMeters;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Starts to follow before the HTTP door opens, and stops after it closed. */
final class KvIndexLifecycle implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(KvIndexLifecycle.class);
    private static final long SAMPLE_MILLIS = 1_000;

    private final IndexedPool pool;
    private final EngineFeed engines;
    private final PoolMeters meters;
    private final @Nullable SnapshotKeeper keeper;
    private @Nullable ScheduledExecutorService sampler;

    /** @param keeper keeps what is known over a restart; null for none */
    KvIndexLifecycle(IndexedPool pool, EngineFeed engines, PoolMeters meters, @Nullable SnapshotKeeper keeper) {
        this.pool = pool;
        this.engines = engines;
        this.meters = meters;
        this.keeper = keeper;
    }

    @Override
    public synchronized void start() {
        if (sampler != null) {
            return;
        }
        engines.start();
        pool.start();
        if (keeper != null) {
            keeper.start();
        }
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("kv-index-meters").factory());
        started.scheduleWithFixedDelay(this::sample, SAMPLE_MILLIS, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
        sampler = started;
    }

    private void sample() {
        try {
            meters.sample();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("meters were not sampled");
        }
    }

    @Override
    public synchronized void stop() {
        if (sampler == null) {
            return;
        }
        sampler.shutdownNow();
        sampler = null;
        engines.close();
        if (keeper != null) {
            keeper.close();
        }
        pool.close();
    }

    @Override
    public synchronized boolean isRunning() {
        return sampler != null;
    }

    /** Before all others, and after them at the end. */
    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE - 4096;
    }
}
