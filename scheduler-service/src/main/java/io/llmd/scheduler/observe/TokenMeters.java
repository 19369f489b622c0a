package io.llmd.scheduler.observe;

import io.llmd.scheduler.tokenizer.TokenizationListener;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Meters of tokenization. Grows with the plugin instances that configurations name. Safe from any thread. */
public final class TokenMeters implements TokenizationListener {

    private static final Duration[] BOUNDS = Buckets.durations(Buckets.FAST);

    private record Kept(String plugin, Store store) {}

    private final MeterRegistry registry;
    private final Map<Kept, AtomicLong> bytes = new ConcurrentHashMap<>();

    /** Registers meters at {@code registry} when there is something to count. */
    public TokenMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void ended(String plugin, Outcome outcome, long nanos) {
        Timer.builder(SchedulerMeters.TOKENIZATION.getName())
                .tag("plugin", plugin)
                .tag("outcome", lower(outcome))
                .serviceLevelObjectives(BOUNDS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void lookedUp(String plugin, Store store, int hits, int misses) {
        count(plugin, store, "hit", hits);
        count(plugin, store, "miss", misses);
    }

    private void count(String plugin, Store store, String outcome, int count) {
        if (count > 0) {
            registry.counter(
                            SchedulerMeters.TOKEN_LOOKUPS.getName(),
                            "plugin",
                            plugin,
                            "store",
                            lower(store),
                            "outcome",
                            outcome)
                    .increment(count);
        }
    }

    @Override
    public void holds(String plugin, Store store, long now) {
        bytes.computeIfAbsent(new Kept(plugin, store), this::gauge).set(now);
    }

    private AtomicLong gauge(Kept kept) {
        AtomicLong value = new AtomicLong();
        Gauge.builder(SchedulerMeters.TOKEN_MEMORY.getName(), value, AtomicLong::get)
                .tag("plugin", kept.plugin())
                .tag("store", lower(kept.store()))
                .baseUnit("bytes")
                .register(registry);
        return value;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
