package io.llmd.scheduler.observe;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Down when flow control has done nothing for too long, as when a plugin does not return there; part of readiness. */
public final class FlowControlHealth implements HealthIndicator {

    private final Supplier<Duration> silence;
    private final Duration longest;

    /** Down when {@code silence} is longer than {@code longest}. */
    public FlowControlHealth(Supplier<Duration> silence, Duration longest) {
        this.silence = Objects.requireNonNull(silence, "silence");
        this.longest = Objects.requireNonNull(longest, "longest");
    }

    @Override
    public Health health() {
        Duration silent = silence.get();
        return silent.compareTo(longest) > 0
                ? Health.down().withDetail("silent", silent.toString()).build()
                : Health.up().build();
    }
}
