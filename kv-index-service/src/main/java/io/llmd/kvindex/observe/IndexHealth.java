package io.llmd.kvindex.observe;

import io.llmd.kvindex.ingest.IndexedPool;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when the index has caught up with the engines or the log; part of readiness. */
public final class IndexHealth implements HealthIndicator {

    private final IndexedPool pool;

    /** Health of {@code pool}. */
    public IndexHealth(IndexedPool pool) {
        this.pool = pool;
    }

    @Override
    public Health health() {
        return pool.isReady() ? Health.up().build() : Health.outOfService().build();
    }
}
