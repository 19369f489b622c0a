package io.llmd.autoscaler.observe;

import io.llmd.autoscaler.loop.DecisionLog;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up after the first decision; part of readiness. */
public final class FirstCycleHealth implements HealthIndicator {

    private final DecisionLog log;
    private final boolean hasNothingToDecide;

    /** Health of the decisions in {@code log}. */
    public FirstCycleHealth(DecisionLog log, boolean hasNothingToDecide) {
        this.log = log;
        this.hasNothingToDecide = hasNothingToDecide;
    }

    @Override
    public Health health() {
        boolean isUp = hasNothingToDecide || log.last().isPresent();
        return isUp ? Health.up().build() : Health.outOfService().build();
    }
}
