package io.llmd.scheduler.observe;

import io.llmd.scheduler.discovery.DiscoveryState;
import java.util.Objects;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when the first list of endpoints has been read; part of readiness. */
public final class DiscoveryHealth implements HealthIndicator {

    private final DiscoveryState discovery;

    /** Health of {@code discovery}. */
    public DiscoveryHealth(DiscoveryState discovery) {
        this.discovery = Objects.requireNonNull(discovery, "discovery");
    }

    @Override
    public Health health() {
        Health.Builder health = discovery.isReady() ? Health.up() : Health.outOfService();
        String problem = discovery.problem();
        return problem.isEmpty()
                ? health.build()
                : health.withDetail("problem", problem).build();
    }
}
