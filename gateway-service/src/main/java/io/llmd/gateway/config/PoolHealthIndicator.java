package io.llmd.gateway.config;

import io.llmd.gateway.dispatch.EndpointDirectory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Not ready before the endpoints of the pool are known for the first time. */
final class PoolHealthIndicator implements HealthIndicator {

    private final EndpointDirectory directory;

    PoolHealthIndicator(EndpointDirectory directory) {
        this.directory = directory;
    }

    @Override
    public Health health() {
        return directory.isKnown()
                ? Health.up()
                        .withDetail("endpoints", directory.endpoints().size())
                        .build()
                : Health.outOfService().build();
    }
}
