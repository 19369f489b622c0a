package io.llmd.kvindex.observe;

import io.llmd.kvindex.ingest.EngineFeed;
import io.llmd.kvindex.ingest.IndexedPool;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when it is known which engines there are, and the index has caught up with them or the log; part of readiness. */
public final class IndexHealth implements HealthIndicator {

    private final EngineFeed engines;
    private final IndexedPool pool;

    /** Health of {@code pool}. */
    public IndexHealth(EngineFeed engines, IndexedPool pool) {
        this.engines = engines;
        this.pool = pool;
    }

    @Override
    public Health health() {
        return engines.isKnown() && pool.isReady()
                ? Health.up().build()
                : Health.outOfService().build();
    }
}
